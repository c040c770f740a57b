"""The search: ask the algorithm, train what it asks for in waves, tell it, commit; until it is done."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from econas_jax.algorithms import EcoNAS, Member, Result, Trial
from econas_jax.errors import SearchError
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.times import Times
from econas_jax.search import attempts
from econas_jax.search.attempts import Failure
from econas_jax.search.config import SearchConfig
from econas_jax.search.history import CycleSummary, StageRecord, last_stages
from econas_jax.search.preparation import prepare
from econas_jax.search.progress import Reporter
from econas_jax.search.records import Recorder, best_accuracy, cycle_summary
from econas_jax.search.scalars import Scalars
from econas_jax.search.state import SearchState
from econas_jax.search.workdir import Workdir
from econas_jax.training import Job, Outcome, Trainer


class SearchInterruptedError(Exception):
    """The search was asked to stop; what was finished is committed."""


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """A finished search: its best members, best first, and its records."""

    best: tuple[Member, ...]
    stages: tuple[StageRecord, ...]
    cycles: tuple[CycleSummary, ...]


def run_search(
    config: SearchConfig,
    workdir: str | Path,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SearchResult:
    """Runs a search, or goes on with the one in the workdir; a finished one only returns its result.

    Raises InputError, before anything is trained, for a config that cannot be run; `SearchInterruptedError`, after a
    commit, once should_stop() is true (it is asked after every epoch); `SearchError` if the search cannot go on: the
    disk is full or its budget is used up, or too many candidates in a row have failed.
    """
    reporter = reporter or Reporter(show=False)
    files = Workdir(Path(workdir), reporter.say)
    with files.held(config):
        times = Times()
        prepared = prepare(config, files, reporter)
        with disk.one_line_errors(files.path):
            return _Search(config, *prepared, files, reporter, should_stop, times).run()


@dataclasses.dataclass
class _Search:
    """One run of the loop; all that must outlive it is in the `SearchState` it commits."""

    config: SearchConfig
    algorithm: EcoNAS
    trainer: Trainer
    recorder: Recorder
    files: Workdir
    reporter: Reporter
    should_stop: Callable[[], bool]
    times: Times

    def __post_init__(self) -> None:
        self._resumed_at = time.perf_counter()
        self._seconds_before = 0.0
        self._failures_in_a_row = 0  # of this run: who runs a search again after too many has mended the cause

    def run(self) -> SearchResult:
        """To the end, or to the first of the exceptions that `run_search` names."""
        total = self.config.stages
        self.reporter.say(
            f"{self.config.algorithm}: {total} stages of {self.config.search.epochs} epochs, up to the proxy "
            f"{self.config.full_proxy} with N = {self.config.network.cells_per_stage}; results in {self.files.path}"
        )
        with Checkpoints(self.files.checkpoints, self.reporter.say, self._make_room) as self._checkpoints:
            state = self._resume()
            scalars = Scalars(self.files.tensorboard, len(state.cycles))
            commits = Commits(self._write, self.times, self.config.save_seconds)
            finished_before = self.algorithm.done(state.algorithm)
            with scalars as self._scalars, commits as self._commits:
                state = self._train(state, total)
        best = self.algorithm.best(state.algorithm)
        self.files.write_result(state, best)
        self.reporter.best(best, last_stages(state.stages))
        if not finished_before:
            self.reporter.say(f"time: {self.times}")
            self.files.write_times(self.times.to_json())
        return SearchResult(best, state.stages, state.cycles)

    def _resume(self) -> SearchState:
        state = self._checkpoints.restore(self.trainer.vector_size)
        if state is None:
            state = SearchState(self.algorithm.init())
        else:
            self._seconds_before = state.seconds
            self.reporter.say(f"going on after {len(state.stages)} stages, in cycle {state.algorithm.cycle}")
            state = dataclasses.replace(state, algorithm=self.algorithm.resume(state.algorithm))
        self.files.write_config(self.config)
        self.files.rebuild_progress(state)
        return state

    def _train(self, state: SearchState, total: int) -> SearchState:
        if self.algorithm.done(state.algorithm):
            return state
        compiling = f"compiling for {self.trainer.slots} candidate(s) at a time"
        with self.reporter.doing(compiling), self.times.measuring("compile"):
            self.trainer.compile()
        with self.reporter.stages(total, len(state.stages)):
            while not self.algorithm.done(state.algorithm):
                state = self._phase(state)
        return state

    def _phase(self, state: SearchState) -> SearchState:
        """One batch of trials: ask, train in waves, tell, commit."""
        algorithm, trials = self.algorithm.ask(state.algorithm)
        state = dataclasses.replace(state, algorithm=algorithm)
        answered = {result.candidate for result in state.answered}
        waiting = [trial for trial in trials if trial.candidate not in answered]
        # A wave lasts as long as its slowest candidate, so like goes with like.
        waiting.sort(key=lambda trial: self.recorder.multiply_adds(trial.genotype), reverse=True)
        for first in range(0, len(waiting), self.trainer.slots):
            state = self._wave(state, waiting[first : first + self.trainer.slots])
            if self._commits.due(phase_ends=False):
                state = self._commit(state)
        told = self.algorithm.tell(state.algorithm, state.answered)
        state = dataclasses.replace(state, algorithm=told, answered=()).with_living_only()
        if told.cycle != algorithm.cycle or self.algorithm.done(told):
            state = self._end_cycle(state, algorithm.cycle)
        if self._commits.due(phase_ends=True) or self.algorithm.done(told):
            state = self._commit(state)
        return state

    def _wave(self, state: SearchState, trials: Sequence[Trial]) -> SearchState:
        """Trains some of the pending trials and adds their outcomes to the state."""

        def stop_if_asked(epoch: int) -> None:
            if self.should_stop():
                raise SearchInterruptedError

        jobs = [Job(t.candidate, t.genotype, t.start_epoch, t.end_epoch, state.living.get(t.candidate)) for t in trials]
        try:
            with self.times.measuring("train"):
                outcomes = attempts.train(self.trainer, jobs, self.config.retries, stop_if_asked)
        except SearchInterruptedError:
            self._leave(state)
            raise
        for trial, outcome in zip(trials, outcomes, strict=True):
            state = self._record(state, trial, outcome)
        return state

    def _record(self, state: SearchState, trial: Trial, outcome: Outcome | Failure) -> SearchState:
        """Adds a stage; raises SearchError, after a commit, where it is one failure in a row too many."""
        record = self.recorder.stage(trial, outcome)
        living = {candidate: vector for candidate, vector in state.living.items() if candidate != trial.candidate}
        if isinstance(outcome, Failure):
            kept = self.files.write_failure(record, outcome.trace)
            self.reporter.say(f"candidate {record.id}: traceback in {kept}")
        else:
            self.times.add("validate", outcome.validation_seconds)
            self.times.add("train", -outcome.validation_seconds)
            if outcome.state is not None and trial.rung < 3:
                living[trial.candidate] = np.copy(outcome.state)  # not a row that keeps its whole wave in memory
        result = Result(trial.candidate, record.validation_accuracy)
        state = dataclasses.replace(
            state, answered=(*state.answered, result), stages=(*state.stages, record), living=living
        )
        self.reporter.advance(_name(trial), record, best_accuracy(state.stages))
        self._failures_in_a_row = 0 if record.status == "completed" else self._failures_in_a_row + 1
        if self._failures_in_a_row >= self.config.failures_in_a_row:
            self._leave(state)
            raise SearchError(
                f"{self._failures_in_a_row} stages in a row have failed (failures_in_a_row), the last: {record.reason}"
            )
        return state

    def _end_cycle(self, state: SearchState, cycle: int) -> SearchState:
        summary = cycle_summary(cycle, state.algorithm, state.stages, self._seconds())
        self.reporter.cycle(summary, self.config.search.cycles)
        return dataclasses.replace(state, cycles=(*state.cycles, summary))

    def _commit(self, state: SearchState) -> SearchState:
        state = dataclasses.replace(state, seconds=self._seconds())
        self._commits.begin(state)
        return state

    def _leave(self, state: SearchState) -> None:
        """Commits before an end that is none of the search's, and tells where the time went."""
        self._commit(state)
        self._commits.wait()
        self.reporter.say(f"time: {self.times}")

    def _write(self, state: SearchState) -> None:
        """A commit, then what is made from it; runs in the thread of `Commits`."""
        with disk.one_line_errors(self.files.path):
            self._checkpoints.save(state)
            self.files.write_progress(state)
            self.files.write_times(self.times.to_json())
            if self.config.tensorboard:
                self._scalars.write(state, self.times.shares())

    def _make_room(self, size: int) -> None:
        disk.check_room(self.files.path, size, self.config.disk_gib)

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._resumed_at


def _name(trial: Trial) -> str:
    if trial.cycle == 0:
        return "initial population"
    return f"cycle {trial.cycle}, " + {1: "children", 2: "E to 2E", 3: "2E to 3E"}[trial.rung]
