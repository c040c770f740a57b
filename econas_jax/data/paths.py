"""Where data lies: a path from the user, and the folder for what can be made anew."""

from __future__ import annotations

import os
from pathlib import Path

from econas_jax.errors import InputError, require

CACHE_VARIABLE = "ECONAS_JAX_CACHE"


def user_path(path: object, allowed: str) -> Path:
    """A path given by the user, `~` expanded; it need not exist. Raises InputError if it is no path at all."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise InputError("path", path, allowed)
    try:
        return Path(path).expanduser()
    except RuntimeError:  # `~nobody/...`
        raise InputError("path", str(path), allowed) from None


def existing_path(path: object, allowed: str) -> Path:
    """A path given by the user that is a file or folder; raises InputError otherwise."""
    found = user_path(path, allowed)
    require(exists(found), "path", str(found), allowed)
    return found


def exists(path: Path) -> bool:
    """Path.exists, with False also for names no file system takes (too long, a null character)."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def home_path(path: str) -> Path | None:
    """Expands `~`; returns None for a user without a home, as in a container with an unknown user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return None


def cache_folder() -> Path | None:
    """Returns the folder for what can be made anew, made when needed; None for a user without a home.

    It is $ECONAS_JAX_CACHE, else ~/.cache/econas_jax.
    """
    return home_path(os.environ.get(CACHE_VARIABLE) or "~/.cache/econas_jax")
