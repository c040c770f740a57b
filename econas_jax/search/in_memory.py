"""A whole search on a table without a folder: for comparisons of many, where each takes a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from econas_jax.algorithms.algorithm import Algorithm, AlgorithmState, Member, Result
from econas_jax.search.batch import Candidates
from econas_jax.search.history import BestAccuracy, RoundSummary, StageRecord
from econas_jax.search.records import round_summary, stage_record
from econas_jax.training.job import Events, Job, Outcome


class Evaluator(Protocol):
    """What a search in memory needs of what answers its jobs; a `TabularEvaluator` is one."""

    device_kind: str

    def now(self) -> float:
        """Returns the seconds since some moment."""

    def train(self, jobs: Sequence[Job]) -> Events:
        """Yields an outcome for each job."""


class FinishedSearch(NamedTuple):
    """A search and all its records, those of stages in the order in which the algorithm asked for them."""

    best: tuple[Member, ...]
    stages: tuple[StageRecord, ...]
    rounds: tuple[RoundSummary, ...]
    seconds: float  # on the simulated clock


def search_in_memory(
    algorithm: Algorithm[Any],
    family: Candidates,
    evaluator: Evaluator,
    enough: Callable[[Sequence[StageRecord]], bool] = lambda batch: False,
) -> FinishedSearch:
    """Runs a search to its end; algorithm, family and evaluator are as for a search with a folder.

    enough: is told the stages of each batch, which may be none, and may end the search after it.
    """
    state: AlgorithmState = algorithm.init()
    stages: list[StageRecord] = []
    rounds: list[RoundSummary] = []
    best = BestAccuracy()
    started = evaluator.now()
    while not algorithm.done(state):
        asked, trials = algorithm.ask(state)
        before = len(stages)
        jobs = [Job(t.candidate, family.encode(t.genotype), t.start_epoch, t.end_epoch) for t in trials]
        outcomes = {event.candidate: event for event in evaluator.train(jobs) if isinstance(event, Outcome)}
        for trial in trials:
            cost = family.cost(trial.genotype)
            stages.append(stage_record(trial, outcomes[trial.candidate], cost, evaluator.device_kind))
            best.add(stages[-1])
        results = [Result(trial.candidate, outcomes[trial.candidate].validation_accuracy) for trial in trials]
        state = algorithm.tell(asked, results)
        if state.round != asked.round or algorithm.done(state):
            groups = algorithm.groups(state)
            rounds.append(round_summary(asked.round, state, groups, best.value, evaluator.now() - started))
        if enough(stages[before:]):
            break
    return FinishedSearch(algorithm.best(state), tuple(stages), tuple(rounds), evaluator.now() - started)
