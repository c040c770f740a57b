"""The search: ask the algorithm, train what it asks for, tell it, commit; until it is done."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from econas_jax.algorithms.algorithm import Algorithm, Member, oldest_batch
from econas_jax.errors import SearchError, require
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.times import Times
from econas_jax.search.config import SearchConfig
from econas_jax.search.history import BestAccuracy, last_stages
from econas_jax.search.in_flight import InFlight, answered, failures_in_a_row, told
from econas_jax.search.keeping import kept_within_phase
from econas_jax.search.ladder import Ladder
from econas_jax.search.preparation import prepare
from econas_jax.search.progress import Reporter, in_a_notebook
from econas_jax.search.records import round_summary
from econas_jax.search.result import SearchResult, result_fields
from econas_jax.search.scalars import Scalars
from econas_jax.search.state import SearchState, restored, to_commit
from econas_jax.search.workdir import Workdir, changeable
from econas_jax.training import Outcome, Trainer
from econas_jax.training.job import Event, Events, Jobs
from econas_jax.training.pool_report import PoolReport, Reporting
from econas_jax.training.proxy_text import proxy_text


class SearchInterruptedError(Exception):
    """The search was asked to stop; what was finished is committed."""


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
    kind = type(config).__name__
    require(isinstance(config, SearchConfig), "config", kind, "a SearchConfig (from_mapping makes one of a ConfigDict)")
    reporter = reporter or Reporter(show=in_a_notebook())
    files = Workdir(local_folder(workdir), reporter.say)
    with files.held(config, changeable(config)):
        files.check(config, changeable(config))  # again: another search may have run here until now
        times = Times()
        search = _Search(config, *prepare(config, files, reporter), files, reporter, should_stop, times)
        try:
            with disk.one_line_errors(files.path):
                return search.run()
        finally:
            # Its processes end here. The search's parts know each other, and Python would free them some time later.
            del search.trainer


@dataclasses.dataclass
class _Search:
    """One run of the loop; all that must outlive it is in the `SearchState` it commits."""

    config: SearchConfig
    algorithm: Algorithm[Any]
    ladder: Ladder
    trainer: Trainer
    validation_images: int | None
    clock: Callable[[], float]
    files: Workdir
    reporter: Reporter
    should_stop: Callable[[], bool]
    times: Times

    def __post_init__(self) -> None:
        self._resumed_at = self.clock()
        self._seconds_before = 0.0
        # Failures are counted per run: a user who restarts after too many is assumed to have fixed the cause.
        self._row_begins = 0  # where in the stages the row of failures begins that may go on
        self._best = BestAccuracy()  # of all stages that are over
        # And of those whose batch was told: what a round has come to depends on no stage that was over early.
        self._settled, self._settled_stages = BestAccuracy(), 0
        self._in_flight = InFlight(self.ladder, (), self.trainer.device_kind)
        self._pool: PoolReport | None = None  # the last, of a trainer whose devices come and go

    def run(self) -> SearchResult:
        """Runs to the end, or to the first of the exceptions that `run_search` names."""
        config = self.config
        setting = f"full training: {config.full_proxy}, N = {config.network.cells_per_stage}"
        if len(config.rungs.trainings) > 1:
            setting += f"; rungs: {', '.join(map(proxy_text, config.rungs.proxies))}"
        setting = setting if config.table is None else f"accuracies from {config.table}"
        self.reporter.say(
            f"{config.algorithm} on {config.space.name}: at most {config.search.stages} stages; {setting}; "
            f"results in {self.files.path}"
        )
        with Checkpoints(self.files.checkpoints, self.reporter.say, self._make_room) as self._checkpoints:
            state = self._resume()
            scalars = Scalars(self.files.tensorboard, len(state.rounds))
            commits = Commits(self._write, self.times, config.save_seconds)
            finished_before = self.algorithm.done(state.algorithm)
            with scalars as self._scalars, commits as self._commits:
                state = self._train(state)
        best = self._write_result(state, finished=True)
        self.reporter.best(best, last_stages(state.stages))
        self.reporter.say(f"report: {self.files.report}")
        if not finished_before:
            self.reporter.say(f"time: {self.times}")
            self.files.write_times(self.times.to_json())
        return SearchResult(best, tuple(state.stages), state.rounds, config.space, self.files.path)

    def _resume(self) -> SearchState:
        commit = self._checkpoints.restore()
        if commit is None:
            state = SearchState(self.algorithm.init())
        else:
            state = restored(*commit, self.algorithm, self.trainer.state_size)
            self._seconds_before, self._row_begins = state.seconds, len(state.stages)
            self._best = BestAccuracy((*state.stages, *state.early))
            self._settled_stages = len(state.stages) + len(state.early) - len(state.answered)
            self._settled = BestAccuracy(state.stages[: self._settled_stages])
            state = dataclasses.replace(state, algorithm=self.algorithm.resume(state.algorithm))
            done = self.algorithm.done(state.algorithm)
            what = "this search is finished:" if done else f"going on in round {state.algorithm.round}, after"
            self.reporter.say(f"{what} {len(state.stages)} stages")
        self.files.record(self.config)
        self.files.rebuild_progress(state)
        return state

    def _train(self, state: SearchState) -> SearchState:
        if self.algorithm.done(state.algorithm):
            return state
        compiling = f"compiling for {self.trainer.slots} candidate(s) at a time"
        with self.reporter.doing(compiling), self.times.measuring("compile"):
            self.trainer.prepare(self._while_compiling)
        with self.reporter.stages(self.config.search.stages, len(state.stages) + len(state.early)):
            return self._train_all(state)

    def _train_all(self, state: SearchState) -> SearchState:
        """Asks, trains, tells and commits until the search is over."""
        jobs: Jobs = deque()
        self._leave_if_asked(state)
        state = self._advanced(self._asked(state, jobs), jobs)
        with contextlib.closing(self.trainer.train(jobs, self.config.retries)) as events:
            while (event := self._next(events, state)) is not None:
                if isinstance(event, PoolReport):
                    self._tell_devices(event)
                in_wave = isinstance(event, Outcome) and event.following > 0  # what follows is trained: it is not lost
                if isinstance(event, Outcome):
                    state = self._recorded(state, event)
                    if self._commits.due(phase_ends=False):
                        state = self._commit(state)
                    state = self._advanced(state, jobs, in_wave)
                if not in_wave:
                    self._leave_if_asked(state)
        if not self.algorithm.done(state.algorithm):
            raise RuntimeError("the trainer ended before all its jobs were answered")
        return state

    def _asked(self, state: SearchState, jobs: Jobs) -> SearchState:
        """Asks for more trials if there is room for them, and gives their jobs to the trainer."""
        before = self._in_flight
        algorithm, trials = self.algorithm.ask(state.algorithm)
        state = dataclasses.replace(state, algorithm=algorithm)
        self._in_flight = InFlight(self.ladder, trials, self.trainer.device_kind, before.costs)
        jobs.extend(self._in_flight.jobs(state, begun=before.costs.keys()))
        return state

    def _advanced(self, state: SearchState, jobs: Jobs, in_wave: bool = False) -> SearchState:
        """Tells the batches that are answered, as long as the oldest is, and asks for others in their place."""
        while not self.algorithm.done(state.algorithm) and answered(state):
            state = self._told(state)
            if not in_wave and not self.algorithm.done(state.algorithm):
                self._leave_if_asked(state)
            state = self._asked(state, jobs)
        return state

    def _told(self, state: SearchState) -> SearchState:
        """Tells the oldest batch, ends its round and commits, each if it is time."""
        before = state.algorithm
        first = self._settled_stages
        self._settled_stages += len(oldest_batch(before))
        for stage in state.stages[first : self._settled_stages]:
            self._settled.add(stage)
        state = told(state, self.algorithm, self.config.keep_best)
        if state.algorithm.round != before.round or self.algorithm.done(state.algorithm):
            state = self._end_round(state, before.round)
        if self._commits.due(phase_ends=True) or self.algorithm.done(state.algorithm):
            state = self._commit(state)
        return state

    def _next(self, events: Events, state: SearchState) -> Event | None:
        """Returns the trainer's next event, or None; raises SearchError, after a commit, where it cannot go on."""
        try:
            with self.times.measuring("train"):
                return next(events, None)
        except SearchError:
            self._leave(state)
            raise

    def _while_compiling(self) -> None:
        self._stop_if_asked()
        if isinstance(self.trainer, Reporting) and (report := self.trainer.report_if_due()):
            self._tell_devices(report)

    def _tell_devices(self, report: PoolReport) -> None:
        self._pool = report
        self.files.write_devices(report)

    def _stop_if_asked(self) -> None:
        if self.should_stop():
            raise SearchInterruptedError

    def _leave_if_asked(self, state: SearchState) -> None:
        if self.should_stop():
            self._leave(state)
            raise SearchInterruptedError

    def _recorded(self, state: SearchState, outcome: Outcome) -> SearchState:
        """Adds a stage; raises SearchError, after a commit, where it is one failure in a row too many."""
        record = self._in_flight.record(outcome)
        if outcome.trace is not None:
            kept = self.files.write_failure(record, outcome.trace)
            self.reporter.say(f"candidate {record.candidate}: traceback in {kept}")
        self.times.move("train", "validate", outcome.validation_seconds / self.trainer.devices)
        state = self._in_flight.add(state, record, outcome.state)
        key = (record.candidate, record.epochs)
        best = kept_within_phase(state, self.algorithm, self.config.keep_best, key, outcome.state)
        state = dataclasses.replace(state, kept=best)
        self._best.add(record)
        self.reporter.advance(record, self._best.value)
        failures = failures_in_a_row(state.stages[self._row_begins :])
        if failures >= self.config.failures_in_a_row:
            self._leave(state)
            reason = next(stage.reason for stage in reversed(state.stages) if stage.reason)
            raise SearchError(f"{failures} stages in a row have failed (failures_in_a_row), the last: {reason}")
        if state.stages and state.stages[-1].status == "completed":
            self._row_begins = len(state.stages)
        return state

    def _end_round(self, state: SearchState, number: int) -> SearchState:
        groups = self.algorithm.groups(state.algorithm)
        summary = round_summary(number, state.algorithm, groups, self._settled.value, self._seconds())
        self.reporter.round(summary, self.config.search.rounds)
        return dataclasses.replace(state, rounds=(*state.rounds, summary))

    def _commit(self, state: SearchState) -> SearchState:
        state = dataclasses.replace(state, seconds=self._seconds())
        self._commits.begin(state)
        return state

    def _leave(self, state: SearchState) -> None:
        """Commits before an end that is none of the search's, and tells how far it came and where the time went."""
        state = self._commit(state)
        self._commits.wait()
        self._write_result(state, finished=False)
        self.reporter.say(f"report so far: {self.files.report}")
        self.reporter.say(f"time: {self.times}")

    def _write_result(self, state: SearchState, finished: bool) -> tuple[Member, ...]:
        best = self.algorithm.best(state.algorithm)
        result = result_fields(state, best, finished, self.validation_images)
        self.files.write_result(
            result, state, [(str(m.genotype), self.config.space.diagrams(m.genotype)) for m in best]
        )
        return best

    def _write(self, state: SearchState) -> None:
        """Writes a commit, then what is made from it; runs in the thread of `Commits`."""
        with disk.one_line_errors(self.files.path):
            self._checkpoints.save(*to_commit(state, self.algorithm))
            self.files.write_progress(state)
            self.files.write_times(self.times.to_json())
            if self.config.tensorboard:
                self._scalars.write(state, self.times.shares(), self._pool)

    def _make_room(self, size: int) -> None:
        disk.check_room(self.files.path, size, self.config.disk_gib)

    def _seconds(self) -> float:
        return self._seconds_before + self.clock() - self._resumed_at
