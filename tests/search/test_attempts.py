"""Waves in which candidates fail: who is at fault, what is tried again, what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from econas_jax.search.attempts import LONGEST_REASON, Failure, train
from tiny_search import genotypes

from econas_jax.training import Job, Outcome

JOBS = [Job(candidate, genotype, 0, 2) for candidate, genotype in enumerate(genotypes(4))]
EXHAUSTED = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes."


class FailingTrainer:
    """Trains nothing. A wave raises the error of the first of its candidates that has errors left."""

    slots, vector_size = 4, 0

    def __init__(self, errors: dict[int, list[Exception]], largest: int = 4) -> None:
        self.errors = errors
        self.largest = largest  # larger waves run out of memory
        self.waves: list[list[int]] = []

    def compile(self) -> None:
        pass

    def train(self, jobs: Sequence[Job], on_epoch: Callable[[int], None] = lambda epoch: None) -> list[Outcome]:
        self.waves.append([job.candidate for job in jobs])
        on_epoch(0)
        if len(jobs) > self.largest:
            raise RuntimeError(EXHAUSTED)
        for job in jobs:
            if self.errors.get(job.candidate):
                raise self.errors[job.candidate].pop()
        return [Outcome(job.candidate, False, 1.0, 0.5, 1.0, 0.5, None, 0.1) for job in jobs]


def failed(trainer: FailingTrainer, retries: int = 1) -> dict[int, Failure]:
    """Trains JOBS; the failures by candidate."""
    outcomes = train(trainer, JOBS, retries, lambda epoch: None)
    assert [outcome.candidate for outcome in outcomes] == [0, 1, 2, 3]
    return {outcome.candidate: outcome for outcome in outcomes if isinstance(outcome, Failure)}


def test_a_wave_without_failures_is_trained_once() -> None:
    trainer = FailingTrainer({})
    assert failed(trainer) == {}
    assert trainer.waves == [[0, 1, 2, 3]]


def test_only_the_candidate_that_fails_alone_has_failed() -> None:
    trainer = FailingTrainer({2: [ValueError(f"no\nnumber {number}") for number in range(9)]})
    failures = failed(trainer, retries=2)
    assert failures.keys() == {2}
    assert trainer.waves == [[0, 1, 2, 3], [0], [1], [2], [2], [2], [3]]
    assert (failures[2].status, failures[2].reason) == ("failed", "number 5")
    assert failures[2].trace.startswith("Traceback") and "number 5" in failures[2].trace


def test_what_fails_once_is_tried_again() -> None:
    assert failed(FailingTrainer({1: [KeyError("x")] * 2}), retries=1) == {}
    assert failed(FailingTrainer({1: [KeyError("x")] * 2}), retries=0).keys() == {1}


def test_a_wave_that_is_too_large_together_has_no_failures() -> None:
    trainer = FailingTrainer({}, largest=1)
    assert failed(trainer, retries=0) == {}
    assert trainer.waves == [[0, 1, 2, 3], [0], [1], [2], [3]]


@pytest.mark.parametrize("error", [RuntimeError(EXHAUSTED), MemoryError()])
def test_running_out_of_memory_has_a_status_of_its_own(error: Exception) -> None:
    failure = failed(FailingTrainer({0: [error] * 9}))[0]
    assert failure.status == "out_of_memory"
    assert failure.reason in (f"RuntimeError: {EXHAUSTED}", "MemoryError")


def test_a_reason_is_a_short_line_whatever_is_raised() -> None:
    errors: list[Exception] = [ValueError("x" * 10_000), ValueError("\n"), ValueError()]
    for error in errors:
        reason = failed(FailingTrainer({0: [error] * 9}))[0].reason
        assert reason and "\n" not in reason and len(reason) <= LONGEST_REASON


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt()])
def test_what_on_epoch_raises_is_no_failure_of_a_candidate(error: BaseException) -> None:
    trainer = FailingTrainer({})

    def on_epoch(epoch: int) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        train(trainer, JOBS, 3, on_epoch)
    assert caught.value is error and len(trainer.waves) == 1
