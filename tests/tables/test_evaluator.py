"""The evaluator keeps the trainers' promises, and its clock is that of workers who never wait for each other."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from econas_jax.tables import Table, TabularEvaluator
from econas_jax.training.job import Job, Outcome

TABLE = Table(
    validation_accuracy=np.array([[0.1, 0.2, 0.3], [0.4, np.nan, 0.6]]),
    test_accuracy=np.array([0.3, 0.6]),
    operations=("a", "b"),
    seconds=np.array([2.0, 5.0]),
)


def outcomes(evaluator: TabularEvaluator, *jobs: Job) -> list[tuple[Outcome, float]]:
    found = []
    for event in evaluator.train(deque(jobs)):
        assert isinstance(event, Outcome)
        found.append((event, evaluator.now()))
    return found


def test_accuracies_and_seconds_are_the_tables() -> None:
    ((whole, _),) = outcomes(TabularEvaluator(TABLE), Job(7, 0, 0, 3))
    assert (whole.candidate, whole.status, whole.validation_accuracy, whole.seconds) == (7, "completed", 0.3, 6.0)
    assert whole.state is None
    ((continued, _),) = outcomes(TabularEvaluator(TABLE), Job(7, 1, 2, 3))
    assert (continued.validation_accuracy, continued.seconds) == (0.6, 5.0)
    ((diverged, _),) = outcomes(TabularEvaluator(TABLE), Job(7, 1, 1, 2))
    assert (diverged.status, diverged.validation_accuracy, diverged.seconds) == ("diverged", None, 5.0)


def test_the_clock_of_two_workers() -> None:
    evaluator = TabularEvaluator(TABLE, workers=2)
    assert (evaluator.slots, evaluator.devices, evaluator.state_size) == (2, 2, 0)
    jobs = [Job(0, 0, 0, 3), Job(1, 1, 0, 1), Job(2, 0, 0, 1), Job(3, 1, 0, 1)]
    # Seconds 6, 5, 2, 5: one worker has 0 and, from second 6, 3; the other 1 and, from second 5, 2.
    assert [(found.candidate, now) for found, now in outcomes(evaluator, *jobs)] == [(1, 5), (0, 6), (2, 7), (3, 11)]
    # The next batch begins when all are done.
    assert [(found.candidate, now) for found, now in outcomes(evaluator, jobs[2])] == [(2, 13)]


def test_a_free_worker_takes_a_job_that_was_added_meanwhile() -> None:
    evaluator, jobs, ends = TabularEvaluator(TABLE, workers=2), deque([Job(0, 0, 0, 3), Job(1, 1, 0, 1)]), []
    for event in evaluator.train(jobs):
        assert isinstance(event, Outcome)
        ends.append((event.candidate, evaluator.now()))
        if event.candidate == 1:
            jobs.append(Job(2, 0, 0, 2))
    assert ends == [(1, 5), (0, 6), (2, 9)]


@pytest.mark.parametrize("workers", [1, 3, 100])
def test_nothing_but_time_and_order_depends_on_the_workers(workers: int) -> None:
    jobs = [Job(candidate, candidate % 2, 0, 1 + candidate % 3) for candidate in range(20)]
    evaluator = TabularEvaluator(TABLE, workers)
    found = {event.candidate: event for event, _ in outcomes(evaluator, *jobs)}
    assert found == {event.candidate: event for event, _ in outcomes(TabularEvaluator(TABLE, 2), *jobs)}
    seconds = [found[job.candidate].seconds for job in jobs]
    assert sum(seconds) / workers <= evaluator.now() <= sum(seconds) / workers + max(seconds)


def test_a_second_is_an_epoch_where_the_table_has_none() -> None:
    table = Table(TABLE.validation_accuracy, TABLE.test_accuracy, TABLE.operations)
    ((outcome, now),) = outcomes(TabularEvaluator(table), Job(0, 1, 0, 3))
    assert (outcome.seconds, now) == (3.0, 3.0)


def test_no_jobs_take_no_time() -> None:
    evaluator = TabularEvaluator(TABLE)
    evaluator.prepare()
    assert outcomes(evaluator) == [] and evaluator.now() == 0
