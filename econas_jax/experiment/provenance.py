"""What a result was made with: package versions, the git revision, the machine."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
PACKAGES = ("econas_jax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def versions() -> dict[str, str]:
    """Returns the versions of Python and of the packages that results may depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # econas_jax itself, run from a checkout without installation
            found[package] = "not installed"
    return found


@functools.cache
def source_digest() -> str:
    """Returns the SHA-256 of the package's source files."""
    folder, digest = PACKAGE, hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder)} {file.stat().st_size} ".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def git_revision() -> str | None:
    """Returns the revision of the checkout, with "+changes" if it is not clean, or None outside of one."""
    try:
        revision, changes = (
            subprocess.run(
                ["git", *command], cwd=PACKAGE, capture_output=True, text=True, check=True, timeout=10
            ).stdout
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no", "--", "."])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return revision.strip() + ("+changes" if changes.strip() else "")


def machine() -> dict[str, str | int]:
    """Returns the processor's name, its architecture and the number of cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"processor": _processor(), "architecture": platform.machine(), "cores": cores}


def made_with() -> dict[str, Any]:
    """Returns versions, revision and machine, as results record them."""
    return {"versions": versions(), "git_revision": git_revision(), "machine": machine()}


def processor_fingerprint() -> str:
    """Returns a short name for this processor's features and jaxlib's version, on which compiled programs depend."""
    features = _cpuinfo().get("flags") or _cpuinfo().get("Features") or platform.processor()  # x86-64, then Arm
    described = f"{platform.machine()} {features} {importlib.metadata.version('jaxlib')}"
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _processor() -> str:
    fields = _cpuinfo()
    family = f"family {fields.get('cpu family', '?')}, model {fields.get('model', '?')}"
    return f"{fields.get('model name', platform.processor() or 'unknown')} ({family})"


def _cpuinfo() -> dict[str, str]:
    """Linux's description of the last core, {} elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines) if value}
