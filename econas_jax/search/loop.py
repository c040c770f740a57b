"""The search: ask the algorithm, train what it asks for in waves, tell it, commit; until it is done."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from econas_jax.algorithms import ALGORITHMS, EcoNAS, Member, Result, Trial
from econas_jax.history import CycleSummary, StageRecord
from econas_jax.nn import SearchNetwork
from econas_jax.search import compilation_cache
from econas_jax.search.checkpoint import Checkpoints
from econas_jax.search.config import SearchConfig, check_against_dataset
from econas_jax.search.devices import set_up
from econas_jax.search.progress import Reporter
from econas_jax.search.records import Recorder, best_accuracy, cycle_summary, last_stage_by_candidate
from econas_jax.search.state import SearchState
from econas_jax.search.workdir import Workdir
from econas_jax.training import Job, Task, WaveTrainer, training_subset


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

    Raises InputError, before anything is trained, for a config that cannot be run; and `SearchInterruptedError`, after
    a commit, once should_stop() is true (it is asked after every epoch).
    """
    reporter = reporter or Reporter(show=False)
    files = Workdir(Path(workdir))
    files.check(config)
    compilation_cache.set_up()
    devices = set_up(config.devices)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed)
    check_against_dataset(config, dataset)
    files.open(config)  # not before: a config that fits no data set must not claim the folder
    space = config.space
    network = SearchNetwork(
        config.proxy.channels, config.network.cells_per_stage, dataset.num_classes, nodes=space.nodes
    )
    task = Task(
        network=network,
        config=config.training,
        resolution=config.proxy.resolution,
        total_epochs=3 * config.search.epochs,
        mean=dataset.mean,
        std=dataset.std,
        seed=config.seed,
    )
    train = training_subset(dataset, config.proxy.sample_ratio, config.seed)
    trainer = WaveTrainer(task, train, dataset.validation, devices, space.sample(np.random.default_rng(0)))
    recorder = Recorder(network.channels, network.cells_per_stage, network.num_classes, config.proxy.resolution)
    with Checkpoints(files.checkpoints) as checkpoints:
        algorithm = ALGORITHMS[config.algorithm](space, config.search, config.seed)
        return _Search(config, algorithm, files, checkpoints, trainer, recorder, reporter, should_stop).run()


@dataclasses.dataclass
class _Search:
    """One run of the loop; all that must outlive it is in the `SearchState` it commits."""

    config: SearchConfig
    algorithm: EcoNAS
    files: Workdir
    checkpoints: Checkpoints
    trainer: WaveTrainer
    recorder: Recorder
    reporter: Reporter
    should_stop: Callable[[], bool]

    def __post_init__(self) -> None:
        self._saved_at = self._resumed_at = time.perf_counter()
        self._seconds_before = 0.0

    def run(self) -> SearchResult:
        total = _total_stages(self.config)
        self.reporter.say(
            f"{self.config.algorithm}: {total} stages of {self.config.search.epochs} epochs, up to the proxy "
            f"{self.config.full_proxy} with N = {self.config.network.cells_per_stage}; results in {self.files.path}"
        )
        state = self._resume()
        if not self.algorithm.done(state.algorithm):
            with self.reporter.doing(f"compiling for {self.trainer.slots} device(s)"):
                self.trainer.compile()
            with self.reporter.stages(total, len(state.stages)):
                while not self.algorithm.done(state.algorithm):
                    state = self._phase(state)
        best = self.algorithm.best(state.algorithm)
        self.files.write_progress(state)
        self.files.write_result(state, best)
        self.reporter.best(best, last_stage_by_candidate(state.stages))
        return SearchResult(best, state.stages, state.cycles)

    def _resume(self) -> SearchState:
        state = self.checkpoints.restore(self.trainer.vector_size)
        if state is None:
            return SearchState(self.algorithm.init())
        self._seconds_before = state.seconds
        self.reporter.say(f"going on after {len(state.stages)} stages, in cycle {state.algorithm.cycle}")
        return state

    def _phase(self, state: SearchState) -> SearchState:
        """One batch of trials: ask, train in waves, tell, commit."""
        algorithm, trials = self.algorithm.ask(state.algorithm)
        state = dataclasses.replace(state, algorithm=algorithm)
        answered = {result.candidate for result in state.answered}
        waiting = [trial for trial in trials if trial.candidate not in answered]
        for first in range(0, len(waiting), self.trainer.slots):
            state = self._wave(state, waiting[first : first + self.trainer.slots])
            if time.perf_counter() - self._saved_at >= self.config.save_seconds:
                state = self._commit(state)
        told = self.algorithm.tell(state.algorithm, state.answered)
        state = dataclasses.replace(state, algorithm=told, answered=()).with_living_only()
        if told.cycle != algorithm.cycle or self.algorithm.done(told):
            state = self._end_cycle(state, algorithm.cycle)
        return self._commit(state)

    def _wave(self, state: SearchState, trials: Sequence[Trial]) -> SearchState:
        """Trains some of the pending trials and adds their outcomes to the state."""

        def stop_if_asked(epoch: int) -> None:
            if self.should_stop():
                self._commit(state)
                raise SearchInterruptedError

        jobs = [Job(t.candidate, t.genotype, t.start_epoch, t.end_epoch, state.living.get(t.candidate)) for t in trials]
        outcomes = self.trainer.train(jobs, stop_if_asked)
        living = dict(state.living)
        for trial, outcome in zip(trials, outcomes, strict=True):
            record = self.recorder.stage(trial, outcome)
            living.pop(trial.candidate, None)
            if outcome.state is not None and trial.rung < 3:
                living[trial.candidate] = outcome.state
            result = Result(trial.candidate, outcome.validation_accuracy)
            state = dataclasses.replace(
                state, answered=(*state.answered, result), stages=(*state.stages, record), living=living
            )
            self.reporter.advance(_name(trial), record, best_accuracy(state.stages))
        return state

    def _end_cycle(self, state: SearchState, cycle: int) -> SearchState:
        summary = cycle_summary(cycle, state.algorithm, state.stages, self._seconds())
        self.reporter.cycle(summary, self.config.search.cycles)
        return dataclasses.replace(state, cycles=(*state.cycles, summary))

    def _commit(self, state: SearchState) -> SearchState:
        state = dataclasses.replace(state, seconds=self._seconds())
        self.checkpoints.save(state)
        self.files.write_progress(state)
        self._saved_at = time.perf_counter()
        return state

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._resumed_at


def _total_stages(config: SearchConfig) -> int:
    search = config.search
    return search.initial_population + search.cycles * (
        search.children + search.promotions_to_2e + search.promotions_to_3e
    )


def _name(trial: Trial) -> str:
    if trial.cycle == 0:
        return "initial population"
    return f"cycle {trial.cycle}, " + {1: "children", 2: "E to 2E", 3: "2E to 3E"}[trial.rung]
