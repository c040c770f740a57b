"""Commits of one training that goes epoch by epoch: what is saved, and the readable files that are made from it."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from econas_jax.errors import InputError, require
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.experiment.scalar_log import ScalarLog

STATE = "state"  # the name of a commit's array

Vector = npt.NDArray[np.float32]


class Record(Protocol):
    """What is told of one epoch."""

    @property
    def epoch(self) -> int:
        """Its number, from 0."""

    def scalars(self) -> Mapping[str, float]:
        """Returns its numbers by name, for TensorBoard."""


class Reached(Protocol):
    """The place that a training has reached: all that a commit holds but the training state."""

    @property
    def history(self) -> Sequence[Record]:
        """The records of the epochs that are done."""

    def to_json(self) -> dict[str, Any]:
        """Returns the fields in JSON's types."""


Progress = TypeVar("Progress", bound=Reached)


class EpochCommits(Generic[Progress]):
    """The commits of a training; a context manager. Raises SearchError where the folder cannot be written."""

    def __init__(
        self,
        folder: Path,
        tensorboard: Path | None,
        *,
        read: Callable[[Mapping[str, Any]], Progress],
        write_history: Callable[[Progress], None],
        say: Callable[[str], None],
        make_room: Callable[[int], None],
    ) -> None:
        """Clears away what a killed save left in the folder's `checkpoints/`.

        tensorboard: the folder for scalars, None for none; read: inverts `Progress.to_json`; write_history: makes the
        readable files of a commit; say, make_room: see `Checkpoints`.
        """
        self._folder, self._read, self._write_history = folder, read, write_history
        self._scalars = None if tensorboard is None else ScalarLog(tensorboard)
        self._logged = 0  # epochs whose scalars are written
        with disk.one_line_errors(folder):
            self._checkpoints = Checkpoints(folder / "checkpoints", say, make_room)

    def __enter__(self) -> EpochCommits[Progress]:
        self._checkpoints.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if self._scalars is not None:
            self._scalars.close()
        self._checkpoints.__exit__(kind, error, trace)

    def last(self, state_size: int) -> tuple[Progress, Vector] | None:
        """Returns what was committed last and makes the readable files tell it; None if there never was a commit.

        Raises InputError for a commit of another version, or with a state of another length than `state_size`.
        """
        commit = self._checkpoints.restore()
        if commit is None:
            return None
        fields, arrays = commit
        try:
            progress, vector = self._read(fields), arrays[STATE]
        except (KeyError, TypeError) as error:  # its checksum is right, so it is not damaged
            raise InputError("workdir's commit", list(fields), f"the fields of this version ({error})") from error
        require(vector.shape == (state_size,), "workdir's training state", vector.shape, f"{state_size} values")
        self._logged = len(progress.history)
        with disk.one_line_errors(self._folder):
            self._write_history(progress)
        return progress, vector

    def write(self, commit: tuple[Progress, Vector]) -> None:
        """Commits, then makes the readable files."""
        progress, vector = commit
        with disk.one_line_errors(self._folder):
            self._checkpoints.save(progress.to_json(), {STATE: vector})
            self._write_history(progress)
            if self._scalars is not None:
                for record in progress.history[self._logged :]:
                    self._scalars.write(record.epoch, record.scalars())
                self._scalars.flush()
                self._logged = len(progress.history)
