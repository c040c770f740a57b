"""The folder of an export: written elsewhere first, and never such that half of one looks whole."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from econas_jax.errors import InputError, require
from econas_jax.models.model_card import CARD_FILE, read_card
from econas_jax.models.trained_model import MODEL_FILE

STAGING = ".export-"  # begins the name of the folder that an export is written into


@contextlib.contextmanager
def staged(folder: Path, overwrite: bool) -> Iterator[Path]:
    """Gives a temporary folder, whose files move into `folder` at the end; of an error nothing is left.

    An export that is there is replaced, its files and no others. The card leaves first and comes last, so that a
    folder with a card is whole. Raises InputError for a folder that holds something else, unless `overwrite` is true;
    for a trained model's own folder always. Raises OSError.
    """
    before = _files_before(folder, overwrite)
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{STAGING}*"):  # of an export that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder))
    except OSError as error:
        raise InputError("to", str(folder), f"a folder that can be written ({error.strerror})") from None
    try:
        yield staging
        _move(staging, folder, before)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with contextlib.suppress(OSError):  # what has something in it stays
            for parent in made:
                parent.rmdir()


def _files_before(folder: Path, overwrite: bool) -> tuple[str, ...]:
    """Returns the names of an earlier export's files; raises InputError if the folder may not be written into."""
    require(not folder.exists() or folder.is_dir(), "to", str(folder), "a folder")
    used = folder.is_dir() and any(not file.name.startswith(STAGING) for file in folder.iterdir())
    if not used:
        return ()
    require(not (folder / MODEL_FILE).exists(), "to", str(folder), "another folder than a trained model's own")
    # An export that was killed while its files moved has its card still among those that had not.
    for place in (folder, *folder.glob(f"{STAGING}*")):
        with contextlib.suppress(InputError):
            return tuple(name for name in read_card(place).files if name == Path(name).name)
    require(overwrite, "to", str(folder), "an empty folder or an earlier export; --overwrite writes into this one")
    return ()


def _move(staging: Path, folder: Path, before: tuple[str, ...]) -> None:
    new = sorted(file.name for file in staging.iterdir())
    (folder / CARD_FILE).unlink(missing_ok=True)
    for name in set(before) - set(new):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(new, key=lambda name: name == CARD_FILE):
        (staging / name).replace(folder / name)
