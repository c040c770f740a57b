"""Commits of a long run with Orbax: one step holds everything that the run needs to go on.

A step has two items: fields in JSON's types, and named arrays. Random state needs no saving: every random number is a
function of the seed and of counters that the fields hold.

Why no crash between two files can matter. Orbax writes a step under another name and renames the finished folder, so a
step that can be seen was written to its end; a killed save leaves a folder of that other name, which is removed at the
next start. An old step is deleted only after a newer one has its name, so a killed deletion damages a step that is not
among the newest KEPT_STEPS. Every other file of a workdir is made from a commit, after it, and made again at every
start. What an operating system or a disk may still do to a finished step is found by checksums over everything that is
read from it (Orbax checks a part); the step before it takes its place and the same stages are trained again.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp

from econas_jax.errors import InputError

KEPT_STEPS = 2  # the newest, and one to fall back on
OVERHEAD = 2**16  # bytes of Orbax's own files in a step, and more
UNFINISHED = ".orbax-checkpoint-tmp"  # in the name of a step that is being written
FIELDS, ARRAYS = "search", "training"  # the items' names, which the first version's commits had, too
PREFIX = "commit"  # of a step's folder; a bare number is somebody's copy, or a commit of the first version
STEP = re.compile(rf"{PREFIX}_(0|[1-9][0-9]*)", re.ASCII)

Fields = Mapping[str, Any]  # in JSON's types
Arrays = Mapping[str, npt.NDArray[Any]]


class DamagedCommitError(Exception):
    """A step whose content is not what was saved."""


class Checkpoints:
    """The folder `checkpoints/` of a workdir; a context manager.

    say is told what was found and mended. make_room is called before anything is written, with the bytes that will be
    (files made from the commit included), and may raise.
    """

    def __init__(
        self,
        directory: Path,
        say: Callable[[str], None] = lambda line: None,
        make_room: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._directory = directory.absolute()
        self._say = say
        self._make_room = make_room
        self._name_earlier_steps()
        self._remove_leftovers()
        options = ocp.CheckpointManagerOptions(
            max_to_keep=KEPT_STEPS, enable_async_checkpointing=False, step_prefix=PREFIX
        )
        self._manager = ocp.CheckpointManager(self._directory, options=options)

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._manager.close()

    def save(self, fields: Fields, arrays: Arrays) -> None:
        """Commits fields and arrays; when this returns, they are on disk."""
        steps = self._steps()
        sealed = _sealed(fields, arrays)
        size = sum(array.nbytes for array in arrays.values())
        self._make_room(size + 2 * len(json.dumps(sealed)) + OVERHEAD)
        items = {FIELDS: ocp.args.JsonSave(sealed)}
        if arrays:
            items[ARRAYS] = ocp.args.StandardSave(dict(arrays))
        self._manager.save(steps[-1] + 1 if steps else 0, args=ocp.args.Composite(**items), force=True)
        self._manager.wait_until_finished()

    def restore(self) -> tuple[Fields, Arrays] | None:
        """Reads the last commit that is whole, or None if there never was one; damaged newer ones are put aside.

        Raises InputError if no commit is whole.
        """
        damaged: dict[int, str] = {}
        for step in reversed(self._steps()):
            try:
                commit = self._read(step)
            except Exception as error:  # what Orbax raises for a damaged file is not documented, and of many types
                damaged[step] = type(error).__name__
                continue
            for bad in damaged:
                self._put_aside(bad, fallback=step)
            return commit
        if damaged:
            found = ", ".join(f"{step}: {reason}" for step, reason in damaged.items())
            raise InputError("workdir", str(self._directory), f"a commit that is whole; all are damaged ({found})")
        return None

    def _read(self, step: int) -> tuple[Fields, Arrays]:
        """Reads a step; raises anything at all where it is not as saved."""
        wanted = ocp.args.Composite(**{FIELDS: ocp.args.JsonRestore()})
        sealed = self._manager.restore(step, args=wanted)[FIELDS]
        fields, described = sealed["state"], _described_arrays(sealed)
        if sealed["sha256"] != _json_checksum(fields, sealed.get("arrays", sealed.get("vectors"))):
            raise DamagedCommitError
        if not described:
            return fields, {}
        shapes = {name: np.zeros(array["shape"], array["dtype"]) for name, array in described.items()}
        wanted = ocp.args.Composite(**{ARRAYS: ocp.args.StandardRestore(shapes)})
        arrays = self._manager.restore(step, args=wanted)[ARRAYS]
        if any(_array_checksum(arrays[name]) != array["sha256"] for name, array in described.items()):
            raise DamagedCommitError
        return fields, arrays

    def _steps(self) -> list[int]:
        """Returns the numbers of all finished steps, whole or not, oldest first."""
        if not self._directory.is_dir():
            return []
        names = (path.name for path in self._directory.iterdir() if path.is_dir())
        return sorted(int(match[1]) for name in names if (match := STEP.fullmatch(name)))

    def _step_folder(self, step: int) -> Path:
        return self._directory / f"{PREFIX}_{step}"

    def _name_earlier_steps(self) -> None:
        """Gives the commits of the first version, whose names were bare numbers, their names in this one."""
        if not self._directory.is_dir() or self._steps():
            return
        for path in sorted(self._directory.iterdir()):
            if path.name.isdecimal() and path.is_dir():
                path.rename(self._step_folder(int(path.name)))

    def _remove_leftovers(self) -> None:
        """Removes what a killed process left: steps half written, and old steps that it may have half deleted."""
        if not self._directory.is_dir():
            return
        ours = (path for path in self._directory.iterdir() if path.name.startswith(PREFIX))
        unfinished = sorted(path for path in ours if UNFINISHED in path.name)
        old = [self._step_folder(step) for step in self._steps()[:-KEPT_STEPS]]
        for path in (*unfinished, *old):
            shutil.rmtree(path)
        if unfinished:
            self._say("removed what a killed save left: " + ", ".join(path.name for path in unfinished))

    def _put_aside(self, step: int, fallback: int) -> None:
        """Moves a damaged step to the workdir's `damaged/`, so that its number is free and nothing is destroyed."""
        folder = self._directory.parent / "damaged"
        folder.mkdir(exist_ok=True)
        names = (folder / f"{step}-{number}" for number in range(10**6))
        target = next(name for name in names if not name.exists())
        self._step_folder(step).rename(target)
        self._manager.reload()
        self._say(f"commit {step} is damaged: moved to {target.parent.name}/{target.name}, going on from {fallback}")


def _sealed(fields: Fields, arrays: Arrays) -> dict[str, Any]:
    """Adds checksums of all that a commit holds to its fields."""
    described = {
        name: {"shape": list(array.shape), "dtype": str(array.dtype), "sha256": _array_checksum(array)}
        for name, array in arrays.items()
    }
    return {"state": dict(fields), "arrays": described, "sha256": _json_checksum(fields, described)}


def _described_arrays(sealed: dict[str, Any]) -> dict[str, Any]:
    """Returns shapes, types and checksums by name; the first version had one float32 matrix, `vectors`."""
    if "arrays" in sealed:
        described: dict[str, Any] = sealed["arrays"]
        return described
    return {"vectors": sealed["vectors"] | {"dtype": "float32"}} if sealed["state"]["living"] else {}


def _json_checksum(fields: Fields, described: Any) -> str:
    text = json.dumps([fields, described], sort_keys=True)  # numbers come back as they were, so the text does too
    return hashlib.sha256(text.encode()).hexdigest()


def _array_checksum(array: npt.NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
