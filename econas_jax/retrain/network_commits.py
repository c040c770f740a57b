"""Commits of one network's training: what is saved, and the readable files that are made from it."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable

from econas_jax.errors import InputError, require
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.experiment.scalar_log import ScalarLog
from econas_jax.retrain.history import Progress
from econas_jax.retrain.workdir import NetworkFolder
from econas_jax.training.state import Vector

STATE = "state"  # the name of a commit's array


class NetworkCommits:
    """The commits in a network's folder; a context manager. Raises SearchError where the folder cannot be written."""

    def __init__(
        self, folder: NetworkFolder, say: Callable[[str], None], make_room: Callable[[int], None], tensorboard: bool
    ) -> None:
        """Clears away what a killed save left. say, make_room: see `Checkpoints`; tensorboard: writes scalars, too."""
        self._folder = folder
        self._scalars = ScalarLog(folder.tensorboard) if tensorboard else None
        self._logged = 0  # epochs whose scalars are written
        with disk.one_line_errors(folder.path):
            self._checkpoints = Checkpoints(folder.checkpoints, say, make_room)

    def __enter__(self) -> NetworkCommits:
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
            progress, vector = Progress.from_json(fields), arrays[STATE]
        except (KeyError, TypeError) as error:  # its checksum is right, so it is not damaged
            raise InputError("workdir's commit", list(fields), f"the fields of this version ({error})") from error
        require(vector.shape == (state_size,), "workdir's training state", vector.shape, f"{state_size} values")
        self._logged = len(progress.history)
        with disk.one_line_errors(self._folder.path):
            self._folder.write_history(progress)
        return progress, vector

    def write(self, commit: tuple[Progress, Vector]) -> None:
        """Commits, then makes the readable files."""
        progress, vector = commit
        with disk.one_line_errors(self._folder.path):
            self._checkpoints.save(progress.to_json(), {STATE: vector})
            self._folder.write_history(progress)
            if self._scalars is not None:
                self._write_scalars(self._scalars, progress)

    def _write_scalars(self, scalars: ScalarLog, progress: Progress) -> None:
        for record in progress.history[self._logged :]:
            values = {name: value for name, value in dataclasses.asdict(record).items() if value is not None}
            scalars.write(values.pop("epoch"), values)
        self._logged = len(progress.history)
