"""The trials in flight: the order in which they are trained and recorded, and what each adds to the search's state."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from econas_jax.algorithms.algorithm import Algorithm, Result, Trial, oldest_batch
from econas_jax.nn.network import Cost
from econas_jax.search.grown import grown
from econas_jax.search.history import StageRecord
from econas_jax.search.keeping import kept_after_phase
from econas_jax.search.ladder import Ladder
from econas_jax.search.records import stage_record
from econas_jax.search.state import SearchState
from econas_jax.training import Job, Outcome
from econas_jax.training.state import Vector

Stage = tuple[int, int]  # a candidate and the epochs that it has after the stage: a trial, of which no other is


class InFlight:
    """The trials that an algorithm has asked for, batch by batch, the oldest first; a candidate has one of them.

    Of a batch the longest and costliest come first, so that the last to begin are short. They end in any order. Records
    enter the history in the order of the trials all the same: it depends neither on the number of devices nor on which
    is faster.
    """

    def __init__(
        self,
        ladder: Ladder,
        trials: Sequence[Trial],
        device: str,
        counted: Mapping[Stage, Cost] = types.MappingProxyType({}),
    ) -> None:
        """Sorts the trials. ladder: how each is trained; device: its kind; counted: costs of stages' networks."""
        self._ladder, self._device = ladder, device
        self.costs = {
            _stage(t): counted.get(_stage(t)) or ladder.setting(t.end_epoch).family.cost(t.genotype) for t in trials
        }
        self._trials = {trial.candidate: trial for trial in sorted(trials, key=self._weight, reverse=True)}

    def _weight(self, trial: Trial) -> tuple[int, int, int, int]:
        """Returns what trials are sorted by, the largest first; a round has one batch at a time."""
        start = self._ladder.rungs.start(trial)
        return -trial.round, trial.end_epoch - start, start, self.costs[_stage(trial)].multiply_adds

    def jobs(self, state: SearchState, begun: Collection[Stage] = ()) -> list[Job]:
        """Returns the jobs that are not answered yet; begun: those whose jobs the trainer has."""
        answered = {result.candidate for result in state.answered}
        return [
            Job(
                trial.candidate,
                self._ladder.setting(trial.end_epoch).family.encode(trial.genotype),
                self._ladder.rungs.start(trial),
                trial.end_epoch,
                state.living.get(trial.candidate),  # of a rung that starts anew there is none
            )
            for trial in self._trials.values()
            if trial.candidate not in answered and _stage(trial) not in begun
        ]

    def record(self, outcome: Outcome) -> StageRecord:
        """Describes a trial's stage that is over."""
        trial = self._trials[outcome.candidate]
        setting, start = self._ladder.setting(trial.end_epoch), self._ladder.rungs.start(trial)
        return stage_record(
            trial,
            outcome,
            self.costs[_stage(trial)],
            outcome.device or self._device,
            start_epoch=start,
            proxy=setting.proxy,
            images=setting.images,
        )

    def add(self, state: SearchState, record: StageRecord, vector: Vector | None) -> SearchState:
        """Returns the state with a stage more; vector: the candidate's training state after it."""
        living = {candidate: kept for candidate, kept in state.living.items() if candidate != record.candidate}
        if vector is not None and self._ladder.rungs.goes_on(record.epochs):
            living[record.candidate] = np.copy(vector)  # not a row that keeps its whole wave in memory
        answered = (*state.answered, Result(record.candidate, record.validation_accuracy))
        early = {stage.candidate: stage for stage in (*state.early, record)}
        before = {result.candidate for result in answered} - early.keys()
        ready = []
        for candidate in self._trials:
            if candidate in early:
                ready.append(early.pop(candidate))
            elif candidate not in before:
                break
        return dataclasses.replace(
            state,
            answered=answered,
            stages=grown(state.stages, ready),
            early=tuple(early.values()),
            living=living,
        )


def _stage(trial: Trial) -> Stage:
    return trial.candidate, trial.end_epoch


def answered(state: SearchState) -> bool:
    """Says whether the oldest batch may be told: all its trials are answered."""
    return {result.candidate for result in state.answered}.issuperset(
        t.candidate for t in oldest_batch(state.algorithm)
    )


def told(state: SearchState, algorithm: Algorithm[Any], keep_best: int) -> SearchState:
    """Returns the state once the algorithm knows the results of its oldest batch.

    Training states are dropped that no trial can go on from any more, but for those of the best `keep_best`.
    """
    batch = {trial.candidate for trial in oldest_batch(state.algorithm)}
    results = [result for result in state.answered if result.candidate in batch]
    after = dataclasses.replace(
        state,
        algorithm=algorithm.tell(state.algorithm, results),
        answered=tuple(result for result in state.answered if result.candidate not in batch),
    )
    continuable = sorted(algorithm.continuable(after.algorithm) & state.living.keys())
    living = {candidate: state.living[candidate] for candidate in continuable}
    return dataclasses.replace(after, living=living, kept=kept_after_phase(after, algorithm, keep_best))


def failures_in_a_row(stages: Sequence[StageRecord]) -> int:
    """Counts the stages of the longest row of stages that did not complete."""
    rows = (list(row) for completed, row in groupby(stages, lambda stage: stage.status == "completed") if not completed)
    return max(map(len, rows), default=0)
