"""A whole search on a table without a folder: for comparisons of many, where each takes a moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from econas_jax.algorithms.algorithm import Algorithm, AlgorithmState, Member, Result, Trial, oldest_batch
from econas_jax.search.history import BestAccuracy, RoundSummary, StageRecord
from econas_jax.search.ladder import Candidates
from econas_jax.search.records import round_summary, stage_record
from econas_jax.search.rungs import Rungs
from econas_jax.training.job import Events, Job, Jobs, Outcome


class Evaluator(Protocol):
    """What a search in memory needs of what answers its jobs; a `TabularEvaluator` is one."""

    device_kind: str

    def now(self) -> float:
        """Returns the seconds since some moment."""

    def train(self, jobs: Jobs) -> Events:
        """Yields an outcome for each job of a queue, to which others are added meanwhile."""


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
    rungs: Rungs | None = None,
) -> FinishedSearch:
    """Runs a search to its end; algorithm, family and evaluator are as for a search with a folder.

    enough: is told the stages of each batch, which may be none, and may end the search after it.
    rungs: which of them start anew; None: none does.
    """
    records: list[StageRecord] = []
    rounds: list[RoundSummary] = []
    best, started = BestAccuracy(), evaluator.now()
    trained: dict[int, Outcome] = {}  # and not told yet
    missing: set[int] = set()  # of the oldest batch, not trained yet
    jobs: Jobs = deque()
    ended = False

    def start_of(trial: Trial) -> int:
        return trial.start_epoch if rungs is None else rungs.start(trial)

    def asked(state: AlgorithmState) -> AlgorithmState:
        begun = len(state.pending)
        state, trials = algorithm.ask(state)
        jobs.extend(Job(t.candidate, family.encode(t.genotype), start_of(t), t.end_epoch) for t in trials[begun:])
        return state

    def advanced(state: AlgorithmState) -> AlgorithmState:
        """Tells the batches that are answered, as long as the oldest is, and asks for others in their place."""
        nonlocal ended, missing
        while not (ended or algorithm.done(state)):
            batch = oldest_batch(state)
            missing = {trial.candidate for trial in batch} - trained.keys()
            if missing:
                break
            before, results = len(records), []
            for trial in batch:
                outcome = trained.pop(trial.candidate)
                cost, start = family.cost(trial.genotype), start_of(trial)
                records.append(stage_record(trial, outcome, cost, evaluator.device_kind, start_epoch=start))
                best.add(records[-1])
                results.append(Result(trial.candidate, outcome.validation_accuracy))
            number, state = state.round, algorithm.tell(state, results)
            if state.round != number or algorithm.done(state):
                groups, seconds = algorithm.groups(state), evaluator.now() - started
                rounds.append(round_summary(number, state, groups, best.value, seconds))
            ended = enough(records[before:])
            if not ended:
                state = asked(state)
        return state

    state = advanced(asked(algorithm.init()))
    for event in evaluator.train(jobs):
        if isinstance(event, Outcome):
            trained[event.candidate] = event
            missing.discard(event.candidate)
            if not missing:
                state = advanced(state)
            if ended:
                break
    return FinishedSearch(algorithm.best(state), tuple(records), tuple(rounds), evaluator.now() - started)
