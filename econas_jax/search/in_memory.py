"""A whole search on a table without a folder: for comparisons of many, where each takes a moment."""

from __future__ import annotations

from typing import Any, NamedTuple

from econas_jax.algorithms.algorithm import Algorithm, AlgorithmState, Member, Result
from econas_jax.search.batch import Candidates
from econas_jax.search.history import BestAccuracy, RoundSummary, StageRecord
from econas_jax.search.records import round_summary, stage_record
from econas_jax.tables.evaluator import TabularEvaluator
from econas_jax.training.job import Job, Outcome


class FinishedSearch(NamedTuple):
    """A search and all its records, those of stages in the order in which the algorithm asked for them."""

    best: tuple[Member, ...]
    stages: tuple[StageRecord, ...]
    rounds: tuple[RoundSummary, ...]
    seconds: float  # on the simulated clock


def search_in_memory(algorithm: Algorithm[Any], family: Candidates, evaluator: TabularEvaluator) -> FinishedSearch:
    """Runs a search to its end; algorithm, family and evaluator are as for a search with a folder."""
    state: AlgorithmState = algorithm.init()
    stages: list[StageRecord] = []
    rounds: list[RoundSummary] = []
    best = BestAccuracy()
    started = evaluator.now()
    while not algorithm.done(state):
        asked, trials = algorithm.ask(state)
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
    return FinishedSearch(algorithm.best(state), tuple(stages), tuple(rounds), evaluator.now() - started)
