"""Commits of a search with Orbax: one step holds everything a search needs to go on.

A step has two items: `search`, JSON with the algorithm's state, the records and the list of living candidates, and
`training`, one float32 matrix with a row for each of these candidates. Random state needs no saving: every random
number is a function of the seed and of counters that the JSON holds.

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
import shutil
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp

from econas_jax.errors import InputError, require
from econas_jax.search.state import SearchState, from_json, to_json
from econas_jax.training.state import Vector

KEPT_STEPS = 2  # the newest, and one to fall back on
OVERHEAD = 2**16  # bytes of Orbax's own files in a step, and more
UNFINISHED = ".orbax-checkpoint-tmp"  # in the name of a step that is being written

Matrix = npt.NDArray[np.float32]


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
        self._remove_leftovers()
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT_STEPS, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager(self._directory, options=options)

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._manager.close()

    def save(self, state: SearchState) -> None:
        """Commits the state; when this returns, it is on disk."""
        steps = self._steps()
        vectors = np.stack(list(state.living.values())) if state.living else np.zeros((0, 0), np.float32)
        sealed = _sealed(to_json(state), vectors)
        self._make_room(vectors.nbytes + 2 * len(json.dumps(sealed)) + OVERHEAD)
        items = {"search": ocp.args.JsonSave(sealed)}
        if state.living:
            items["training"] = ocp.args.StandardSave({"vectors": vectors})
        self._manager.save(steps[-1] + 1 if steps else 0, args=ocp.args.Composite(**items), force=True)
        self._manager.wait_until_finished()

    def restore(self, vector_size: int) -> SearchState | None:
        """The last commit that is whole, or None if there never was one; damaged newer ones are put aside.

        vector_size: length of a candidate's training state. Raises InputError if no commit is whole, or if they hold
        training states of another length.
        """
        damaged: dict[int, str] = {}
        for step in reversed(self._steps()):
            try:
                fields, vectors = self._read(step)
            except Exception as error:  # what Orbax raises for a damaged file is not documented, and of many types
                damaged[step] = type(error).__name__
                continue
            size = vectors.shape[1] if len(vectors) else vector_size
            require(size == vector_size, "workdir's training states", size, f"{vector_size} values a candidate")
            for bad in damaged:
                self._put_aside(bad, fallback=step)
            # Copies, for a row that is only looked at would keep the whole matrix in memory.
            return _state(fields, {c: np.copy(row) for c, row in zip(fields["living"], vectors, strict=True)})
        if damaged:
            found = ", ".join(f"{step}: {reason}" for step, reason in damaged.items())
            raise InputError("workdir", str(self._directory), f"a commit that is whole; all are damaged ({found})")
        return None

    def _read(self, step: int) -> tuple[dict[str, Any], Matrix]:
        """The JSON side and the training states of a step; raises anything at all where they are not as saved."""
        wanted = ocp.args.Composite(search=ocp.args.JsonRestore())
        sealed = self._manager.restore(step, args=wanted)["search"]
        fields, shape = sealed["state"], sealed["vectors"]["shape"]
        if sealed["sha256"] != _json_checksum(fields, sealed["vectors"]):
            raise DamagedCommitError
        if not fields["living"]:
            return fields, np.zeros((0, 0), np.float32)
        wanted = ocp.args.Composite(training=ocp.args.StandardRestore({"vectors": np.zeros(shape, np.float32)}))
        vectors = self._manager.restore(step, args=wanted)["training"]["vectors"]
        if sealed["vectors"]["sha256"] != _vector_checksum(vectors):
            raise DamagedCommitError
        return fields, vectors

    def _steps(self) -> list[int]:
        """Numbers of all finished steps, whole or not, oldest first."""
        if not self._directory.is_dir():
            return []
        return sorted(int(path.name) for path in self._directory.iterdir() if path.name.isdecimal())

    def _remove_leftovers(self) -> None:
        """Removes what a killed process left: steps half written, and old steps that it may have half deleted."""
        if not self._directory.is_dir():
            return
        unfinished = sorted(path for path in self._directory.iterdir() if UNFINISHED in path.name)
        old = [self._directory / str(step) for step in self._steps()[:-KEPT_STEPS]]
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
        (self._directory / str(step)).rename(target)
        self._manager.reload()
        self._say(f"commit {step} is damaged: moved to {target.parent.name}/{target.name}, going on from {fallback}")


def _state(fields: dict[str, Any], vectors: dict[int, Vector]) -> SearchState:
    try:
        return from_json(fields, vectors)
    except (KeyError, TypeError, ValueError) as error:  # the checksum is right, so it is not damaged
        raise InputError("workdir's commit", list(fields), f"the fields of this version ({error})") from error


def _sealed(fields: dict[str, Any], vectors: Matrix) -> dict[str, Any]:
    """The JSON item: the state, and checksums of all that a commit holds."""
    described = {"shape": list(vectors.shape), "sha256": _vector_checksum(vectors)}
    return {"state": fields, "vectors": described, "sha256": _json_checksum(fields, described)}


def _json_checksum(fields: dict[str, Any], described: dict[str, Any]) -> str:
    text = json.dumps([fields, described], sort_keys=True)  # numbers come back as they were, so the text does too
    return hashlib.sha256(text.encode()).hexdigest()


def _vector_checksum(vectors: Matrix) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).data).hexdigest()
