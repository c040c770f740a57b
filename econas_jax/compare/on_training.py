"""Runs that really train: each is a search with a folder, one after another, and after it its best are retrained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Sequence

from econas_jax.compare.config import CompareConfig
from econas_jax.compare.interrupt import ComparisonInterruptedError
from econas_jax.compare.length import first_stages, with_rounds
from econas_jax.compare.run_file import Key
from econas_jax.compare.run_record import Full, RunRecord, record_run
from econas_jax.compare.workdir import CompareWorkdir
from econas_jax.errors import InputError
from econas_jax.experiment import config_source
from econas_jax.experiment.config_source import ConfigSourceError
from econas_jax.retrain import Reporter as RetrainReporter
from econas_jax.retrain import RetrainConfig, RetrainInterruptedError, run_retrain
from econas_jax.retrain import from_mapping as retrain_from_mapping
from econas_jax.search import Reporter, SearchConfig, SearchInterruptedError, run_search
from econas_jax.search.ladder_training import check_rungs

SLACK = 1.05  # a search that is made longer becomes longer by so much more than it seems to lack


class TrainedRuns:
    """The runs of a comparison without a table; raises InputError where a contender does not fit the data."""

    def __init__(
        self, config: CompareConfig, files: CompareWorkdir, reporter: Reporter, should_stop: Callable[[], bool]
    ) -> None:
        self._config, self._files = config, files
        self._reporter, self._should_stop = reporter, should_stop
        self.best_test_accuracy: float | None = None  # nobody knows
        self._retraining = retraining_of(config)
        resolution = max(config.search(name, 0).rungs.resolution for name in config.contenders)
        dataset = config.data.load(0, resolution)
        for name in config.contenders:
            try:
                check_rungs(config.search(name, 0), dataset)
            except InputError as error:
                raise InputError(f"contenders.{name}.{error.field}", error.value, error.allowed) from None

    def run(self, name: str, seed: int) -> RunRecord:
        """Searches until the largest budget is spent, or goes on with the search, and retrains its best.

        Raises `SearchInterruptedError` and `RetrainInterruptedError` when asked to stop; SearchError as a search does.
        """
        self._reporter.say(f"{name}, seed {seed}")
        record = self._searched(name, seed)
        if self._retraining is None:
            return record
        full = {each: self._retrained(self._retraining, record, each) for each in self._answers(record)}
        return dataclasses.replace(record, full=full)

    def complete(self, record: RunRecord) -> bool:
        """Says whether a run is as long as the largest budget, and its best are trained in full where they are to."""
        long_enough = record.reaches(self._config.budgets[-1], self._config.unit)
        return long_enough and (self._retraining is None or record.full.keys() >= self._answers(record))

    def run_all(self, keys: Sequence[Key]) -> Generator[RunRecord, None, None]:
        """Yields the runs one after another; raises ComparisonInterruptedError when asked to stop within one."""
        try:
            yield from (self.run(*key) for key in keys)
        except (SearchInterruptedError, RetrainInterruptedError):
            raise ComparisonInterruptedError from None

    def _answers(self, record: RunRecord) -> set[int]:
        """Returns the candidates that are the answer at the largest budget, full training free or paid out of it."""
        last = self._config.budgets[-1]
        points = (record.point(budget, self._config.unit) for budget in (last, last - (self.charge() or 0.0)))
        return {candidate for point in points if point is not None for candidate in point.candidates}

    def charge(self) -> float | None:
        """Returns what the full training of the best of one search costs, in the budgets' unit; None: not known."""
        cost, retraining = self._config.retraining.cost, self._retraining
        if cost is None and self._config.unit == "epochs" and retraining is not None:
            cost = retraining.training.epochs
        return None if cost is None else self._config.retraining.best * cost

    def _searched(self, name: str, seed: int) -> RunRecord:
        config, space = self._config, self._config.space
        search = self._first_length(config.search(name, seed))
        before = -1
        while True:
            found = run_search(search, self._files.search(name, seed), self._reporter, self._should_stop)
            kept = config.retraining.best
            record = record_run(name, seed, found.stages, kept, lambda text: str(space.canonical(space.parse(text))))
            exhausted = record.stages == before  # although the search was made longer
            if exhausted or record.reaches(config.budgets[-1], config.unit):
                return dataclasses.replace(record, exhausted=exhausted)
            before = record.stages
            search = self._longer(search, record)

    def _first_length(self, search: SearchConfig) -> SearchConfig:
        """Returns a search as long as accuracies that are made up say; in seconds the first round only."""
        if self._config.unit == "seconds":
            return with_rounds(search, 1)
        return with_rounds(search, first_stages(search, self._config.budgets[-1])[-1].round)

    def _longer(self, search: SearchConfig, record: RunRecord) -> SearchConfig:
        cost: float = record.epochs if self._config.unit == "epochs" else record.seconds
        rounds = search.search.rounds
        wanted = int(rounds * SLACK * self._config.budgets[-1] / max(cost, 1e-9))
        return with_rounds(search, max(rounds + 1, min(wanted, 10 * (rounds + 1))))

    def _retrained(self, retraining: RetrainConfig, record: RunRecord, candidate: int) -> Full:
        """Trains a candidate in full, or goes on with it."""
        config = dataclasses.replace(retraining, genotype=record.genotypes[candidate], seed=record.seed)
        folder = self._files.retrained(record.contender, record.seed, candidate)
        show = RetrainReporter(self._reporter.console)
        (outcome,) = run_retrain(config, folder, show, self._should_stop).networks
        return Full(outcome.validation_accuracy, outcome.test_accuracy)


def retraining_of(config: CompareConfig) -> RetrainConfig | None:
    """Returns the retraining that the config names, on the comparison's data; raises InputError for another config."""
    if config.retraining.config is None:
        return None
    try:
        fields = config_source.load(config.retraining.config, "retrain")
    except ConfigSourceError as error:
        raise InputError("retraining.config", config.retraining.config, f"a config ({error})") from None
    return dataclasses.replace(retrain_from_mapping(fields), data=config.data)
