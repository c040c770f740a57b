"""Reads commits: what a step on the disk holds, checked against the checksums that were saved with it.

`Checkpoints` writes them, and says why a step that can be seen was written to its end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp

from econas_jax.errors import InputError

FIELDS, ARRAYS = "search", "training"  # the items' names, which the first version's commits had, too
PREFIX = "commit"  # of a step's folder; a bare number is somebody's copy, or a commit of the first version
STEP = re.compile(rf"{PREFIX}_(0|[1-9][0-9]*)", re.ASCII)
GLANCES = 3  # of a reader at a folder where steps come and go

Fields = Mapping[str, Any]  # in JSON's types
Arrays = Mapping[str, npt.NDArray[Any]]


class DamagedCommitError(Exception):
    """A step whose content is not what was saved."""


def read_last_commit(directory: Path) -> tuple[Fields, Arrays] | None:
    """Reads the last whole commit of a `checkpoints/` and changes nothing there; a process may be committing to it.

    Returns None if there is no commit under this version's names; raises InputError if none is whole.
    """
    directory = directory.absolute()
    reasons: dict[int, str] = {}
    for _ in range(GLANCES):  # all that were seen may be gone by the time they are read
        found = steps(directory)
        if not found:
            return None
        for step in reversed(found):
            try:
                return read_step(step_folder(directory, step))
            except Exception as error:  # what Orbax raises for a damaged file is not documented, and of many types
                reasons[step] = type(error).__name__
    raise none_is_whole(directory, reasons)


def none_is_whole(directory: Path, reasons: Mapping[int, str]) -> InputError:
    """Returns the refusal of a folder in which all steps are damaged, each for its reason."""
    found = ", ".join(f"{step}: {reason}" for step, reason in reasons.items())
    return InputError("workdir", str(directory), f"a commit that is whole; all are damaged ({found})")


def steps(directory: Path) -> list[int]:
    """Returns the numbers of all finished steps, whole or not, oldest first."""
    if not directory.is_dir():
        return []
    names = (path.name for path in directory.iterdir() if path.is_dir())
    return sorted(int(match[1]) for name in names if (match := STEP.fullmatch(name)))


def step_folder(directory: Path, step: int) -> Path:
    """Returns the folder of a step."""
    return directory / f"{PREFIX}_{step}"


def read_step(folder: Path) -> tuple[Fields, Arrays]:
    """Reads a step; raises anything at all where it is not as saved."""
    with ocp.Checkpointer(ocp.JsonCheckpointHandler()) as reader:
        commit = reader.restore(folder / FIELDS)
    fields, described = commit["state"], _described_arrays(commit)
    if commit["sha256"] != _json_checksum(fields, commit.get("arrays", commit.get("vectors"))):
        raise DamagedCommitError
    if not described:
        return fields, {}
    shapes = {name: np.zeros(array["shape"], array["dtype"]) for name, array in described.items()}
    with ocp.StandardCheckpointer() as reader:
        arrays = reader.restore(folder / ARRAYS, shapes)
    if any(_array_checksum(arrays[name]) != array["sha256"] for name, array in described.items()):
        raise DamagedCommitError
    return fields, arrays


def sealed(fields: Fields, arrays: Arrays) -> dict[str, Any]:
    """Adds checksums of all that a commit holds to its fields."""
    described = {
        name: {"shape": list(array.shape), "dtype": str(array.dtype), "sha256": _array_checksum(array)}
        for name, array in arrays.items()
    }
    return {"state": dict(fields), "arrays": described, "sha256": _json_checksum(fields, described)}


def _described_arrays(commit: dict[str, Any]) -> dict[str, Any]:
    """Returns shapes, types and checksums by name; the first version had one float32 matrix, `vectors`."""
    if "arrays" in commit:
        described: dict[str, Any] = commit["arrays"]
        return described
    living = commit["state"]["living"]
    return {"vectors": commit["vectors"] | {"dtype": "float32"}} if living else {}


def _json_checksum(fields: Fields, described: Any) -> str:
    text = json.dumps([fields, described], sort_keys=True)  # numbers come back as they were, so the text does too
    return hashlib.sha256(text.encode()).hexdigest()


def _array_checksum(array: npt.NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
