"""Waves in which candidates fail: who is at fault, what is tried again, what is told of it."""

from __future__ import annotations

import gc
import weakref

import pytest

from econas_jax.training import Job, Outcome
from econas_jax.training.job import LONGEST_REASON, EpochDone, Event, Events
from econas_jax.training.retrying import train_with_retries

JOBS = [Job(candidate, None, 0, 2) for candidate in range(4)]
EXHAUSTED = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes."


class FailingWaves:
    """Trains nothing. A wave raises the error of the first of its candidates that has errors left."""

    def __init__(self, errors: dict[int, list[Exception]], largest: int = 4) -> None:
        self.errors = errors
        self.largest = largest  # larger waves run out of memory
        self.waves: list[list[int]] = []

    def train(self, wave: list[Job]) -> Events:
        self.waves.append([job.candidate for job in wave])
        yield from (EpochDone(job.candidate, 0) for job in wave)
        if len(wave) > self.largest:
            raise RuntimeError(EXHAUSTED)
        for job in wave:
            if self.errors.get(job.candidate):
                raise self.errors[job.candidate].pop()
        yield from (Outcome(job.candidate, "completed", 1.0, 0.5, 1.0, 0.5, 0.5) for job in wave)


def events(waves: FailingWaves, retries: int = 1) -> list[Event]:
    """What comes of JOBS."""
    return list(train_with_retries(waves.train, JOBS, retries))


def failed(waves: FailingWaves, retries: int = 1) -> dict[int, Outcome]:
    """Trains JOBS; the failures by candidate."""
    outcomes = [event for event in events(waves, retries) if isinstance(event, Outcome)]
    assert [outcome.candidate for outcome in outcomes] == [0, 1, 2, 3]  # each once
    return {outcome.candidate: outcome for outcome in outcomes if outcome.status != "completed"}


def test_a_wave_without_failures_is_trained_once() -> None:
    waves = FailingWaves({})
    assert failed(waves) == {}
    assert waves.waves == [[0, 1, 2, 3]]


def test_only_the_candidate_that_fails_alone_has_failed() -> None:
    waves = FailingWaves({2: [ValueError(f"no\nnumber {number}") for number in range(9)]})
    failures = failed(waves, retries=2)
    assert failures.keys() == {2}
    assert waves.waves == [[0, 1, 2, 3], [0], [1], [2], [2], [2], [3]]
    failure = failures[2]
    assert (failure.status, failure.reason) == ("failed", "number 5")
    assert failure.trace is not None and failure.trace.startswith("Traceback") and "number 5" in failure.trace
    assert (failure.state, failure.validation_accuracy) == (None, None) and failure.seconds > 0


def test_what_fails_once_is_tried_again() -> None:
    assert failed(FailingWaves({1: [KeyError("x")] * 2}), retries=1) == {}
    assert failed(FailingWaves({1: [KeyError("x")] * 2}), retries=0).keys() == {1}


def test_a_candidate_that_diverges_is_not_tried_again() -> None:
    waves: list[list[Job]] = []

    def train_wave(wave: list[Job]) -> Events:
        waves.append(wave)
        yield from (Outcome(job.candidate, "diverged", 1.0) for job in wave)

    assert len(list(train_with_retries(train_wave, JOBS, 3))) == len(JOBS)
    assert waves == [JOBS]


def test_a_wave_that_is_too_large_together_has_no_failures() -> None:
    waves = FailingWaves({}, largest=1)
    assert failed(waves, retries=0) == {}
    assert waves.waves == [[0, 1, 2, 3], [0], [1], [2], [3]]


@pytest.mark.parametrize("error", [RuntimeError(EXHAUSTED), MemoryError()])
def test_running_out_of_memory_has_a_status_of_its_own(error: Exception) -> None:
    failure = failed(FailingWaves({0: [error] * 9}))[0]
    assert failure.status == "out_of_memory"
    assert failure.reason in (f"RuntimeError: {EXHAUSTED}", "MemoryError")


def test_a_reason_is_a_short_line_whatever_is_raised() -> None:
    errors: list[Exception] = [ValueError("x" * 10_000), ValueError("\n"), ValueError()]
    for error in errors:
        reason = failed(FailingWaves({0: [error] * 9}))[0].reason
        assert reason and "\n" not in reason and len(reason) <= LONGEST_REASON


def test_epochs_are_told_as_they_are_done_those_of_a_wave_that_fails_too() -> None:
    told = events(FailingWaves({3: [KeyError("x")]}))
    assert [event.candidate for event in told if isinstance(event, EpochDone | Outcome)] == [
        0,
        1,
        2,
        3,
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
    ]
    assert [isinstance(event, Outcome) for event in told] == [False] * 4 + [False, True] * 4


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt()])
def test_what_the_reader_of_the_events_raises_is_no_failure_of_a_candidate(error: BaseException) -> None:
    waves = FailingWaves({})
    with pytest.raises(type(error)) as caught:
        for _ in train_with_retries(waves.train, JOBS, 3):
            raise error
    assert caught.value is error and len(waves.waves) == 1


def test_a_reader_who_leaves_ends_the_training() -> None:
    ended: list[bool] = []

    def train_wave(wave: list[Job]) -> Events:
        try:
            yield EpochDone(0, 0)
            raise AssertionError("still trained")
        finally:
            ended.append(True)

    training = train_with_retries(train_wave, JOBS, 3)
    next(training)
    training.close()
    assert ended == [True]


def test_a_failed_wave_is_out_of_memory_before_its_candidates_are_trained_alone() -> None:
    class Array:
        """Stands for what a wave has on its device."""

    arrays: list[weakref.ref[Array]] = []

    def train_wave(wave: list[Job]) -> Events:
        gc.collect()
        assert not [array for array in arrays if array() is not None]
        array = Array()
        arrays.append(weakref.ref(array))
        if len(wave) > 1:
            raise MemoryError
        yield from (Outcome(job.candidate, "completed", 1.0) for job in wave)

    outcomes = [event for event in train_with_retries(train_wave, JOBS, 0) if isinstance(event, Outcome)]
    assert [outcome.status for outcome in outcomes] == ["completed"] * 4 and len(arrays) == 5
