"""A trainer made of several: which one trains what, in which order, and what their states become."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable

import numpy as np

from econas_jax.training import Job, Outcome
from econas_jax.training.job import EpochDone, Events, Jobs, outcomes
from econas_jax.training.routing import RoutingTrainer


@dataclasses.dataclass
class Adding:
    """Adds 1 to states of its length; counts what is asked of it."""

    state_size: int
    log: list[tuple[int, int]]
    slots: int = 1
    devices: int = 1
    device_kind: str = "abacus"
    prepared: int = 0

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        check()
        self.prepared += 1

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        assert retries == 3
        while jobs:
            job = jobs.popleft()
            state = np.zeros(self.state_size, np.float32) if job.state is None else job.state
            assert state.shape == (self.state_size,)
            yield EpochDone(job.candidate, job.end_epoch - 1)
            self.log.append((self.state_size, job.candidate))
            if job.candidate == 9:
                yield Outcome(9, "diverged", 1.0)
            else:
                yield Outcome(job.candidate, "completed", 1.0, state=state + 1)


def routing(log: list[tuple[int, int]]) -> RoutingTrainer:
    """Jobs that end after epoch 1 are for states of 2 values, others for states of 3."""
    return RoutingTrainer([Adding(2, log), Adding(3, log)], lambda job: int(job.end_epoch > 1))


def job(candidate: int, end: int, state: np.ndarray | None = None) -> Job:
    return Job(candidate, None, 0, end, state)


def test_each_job_goes_to_its_trainer_and_one_trains_at_a_time() -> None:
    log: list[tuple[int, int]] = []
    jobs = deque([job(0, 1), job(1, 2), job(2, 1), job(3, 2)])
    found = list(outcomes(routing(log).train(jobs, 3)))
    assert log == [(2, 0), (2, 2), (3, 1), (3, 3)]
    assert [outcome.candidate for outcome in found] == [0, 2, 1, 3] and not jobs


def test_jobs_that_are_added_are_trained_by_the_one_at_work_as_long_as_it_has_any() -> None:
    log: list[tuple[int, int]] = []
    jobs = deque([job(0, 1), job(1, 2)])
    for event in routing(log).train(jobs, 3):
        if isinstance(event, Outcome) and event.candidate == 0:
            jobs.extend([job(2, 2), job(3, 1)])
        if isinstance(event, Outcome) and event.candidate == 2:
            jobs.append(job(4, 1))
    assert log == [(2, 0), (2, 3), (3, 1), (3, 2), (2, 4)]


def test_states_are_as_long_as_the_longest_and_lose_nothing() -> None:
    trainer = routing([])
    assert trainer.state_size == 3
    first, second = outcomes(trainer.train(deque([job(0, 1), job(1, 2)]), 3))
    assert first.state is not None and second.state is not None
    assert (first.state.tolist(), second.state.tolist()) == ([1, 1, 0], [1, 1, 1])
    (third,) = outcomes(trainer.train(deque([job(0, 1, first.state)]), 3))
    assert third.state is not None and third.state.tolist() == [2, 2, 0]
    (failed,) = outcomes(trainer.train(deque([job(9, 1)]), 3))
    assert failed.state is None and failed.status == "diverged"


def test_all_are_compiled() -> None:
    trainers = [Adding(1, []), Adding(2, [])]
    checks: list[None] = []
    RoutingTrainer(trainers, lambda job: 0).prepare(lambda: checks.append(None))
    assert [trainer.prepared for trainer in trainers] == [1, 1] and len(checks) == 2
