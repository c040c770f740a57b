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

import json
import shutil
import types
from collections.abc import Callable
from pathlib import Path

import orbax.checkpoint as ocp

from econas_jax.experiment.commit_reading import (
    ARRAYS,
    FIELDS,
    PREFIX,
    Arrays,
    Fields,
    none_is_whole,
    read_step,
    sealed,
    step_folder,
    steps,
)

KEPT_STEPS = 2  # the newest, and one to fall back on
OVERHEAD = 2**16  # bytes of Orbax's own files in a step, and more
UNFINISHED = ".orbax-checkpoint-tmp"  # in the name of a step that is being written


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
        before = steps(self._directory)
        described = sealed(fields, arrays)
        size = sum(array.nbytes for array in arrays.values())
        self._make_room(size + 2 * len(json.dumps(described)) + OVERHEAD)
        items = {FIELDS: ocp.args.JsonSave(described)}
        if arrays:
            items[ARRAYS] = ocp.args.StandardSave(dict(arrays))
        self._manager.save(before[-1] + 1 if before else 0, args=ocp.args.Composite(**items), force=True)
        self._manager.wait_until_finished()

    def restore(self) -> tuple[Fields, Arrays] | None:
        """Reads the last commit that is whole, or None if there never was one; damaged newer ones are put aside.

        Raises InputError if no commit is whole.
        """
        damaged: dict[int, str] = {}
        for step in reversed(steps(self._directory)):
            try:
                commit = read_step(step_folder(self._directory, step))
            except Exception as error:  # what Orbax raises for a damaged file is not documented, and of many types
                damaged[step] = type(error).__name__
                continue
            for bad in damaged:
                self._put_aside(bad, fallback=step)
            return commit
        if damaged:
            raise none_is_whole(self._directory, damaged)
        return None

    def _name_earlier_steps(self) -> None:
        """Gives the commits of the first version, whose names were bare numbers, their names in this one."""
        if not self._directory.is_dir() or steps(self._directory):
            return
        for path in sorted(self._directory.iterdir()):
            if path.name.isdecimal() and path.is_dir():
                path.rename(step_folder(self._directory, int(path.name)))

    def _remove_leftovers(self) -> None:
        """Removes what a killed process left: steps half written, and old steps that it may have half deleted."""
        if not self._directory.is_dir():
            return
        ours = (path for path in self._directory.iterdir() if path.name.startswith(PREFIX))
        unfinished = sorted(path for path in ours if UNFINISHED in path.name)
        old = [step_folder(self._directory, step) for step in steps(self._directory)[:-KEPT_STEPS]]
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
        step_folder(self._directory, step).rename(target)
        self._manager.reload()
        self._say(f"commit {step} is damaged: moved to {target.parent.name}/{target.name}, going on from {fallback}")
