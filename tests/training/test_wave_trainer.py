"""Waves on a tiny network: what is compiled when, divergence, and waves that cannot be trained together."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny_network import TinyNetwork
from tiny_search import shared_trainer
from tiny_training import TINY_SPLIT, Accuracy, assert_diverged, starting_with, tiny_task
from waves import EXAMPLE, FIRST, assert_same, bits, count_compilations, promoted, train

from econas_jax.training import EpochDone, Images, Job, Outcome, WaveTrainer, init_state, train_epoch
from econas_jax.training.job import next_wave, outcomes


def tiny_trainer(network: TinyNetwork | None = None, devices: int = 2, rate: float = 0.1) -> WaveTrainer:
    return WaveTrainer(tiny_task(network, rate), TINY_SPLIT, TINY_SPLIT, jax.devices()[:devices], EXAMPLE)


def test_a_trainer_compiles_three_programs_once(caplog: pytest.LogCaptureFixture) -> None:
    trainer = tiny_trainer()
    with count_compilations(caplog) as compilations:
        trainer.prepare()
        assert compilations() == 3  # initial values, epoch, evaluation
        trainer.prepare()
        train(trainer, promoted(FIRST[:1], train(trainer, FIRST[:2])))
        assert compilations() == 3


def test_training_compiles_what_has_not_been_compiled() -> None:
    compiled = tiny_trainer()
    compiled.prepare()
    assert_same(train(tiny_trainer(), FIRST[:2]), train(compiled, FIRST[:2]))


def after_epochs(count: int, network: TinyNetwork | None = None, accuracy: Accuracy = "last") -> Outcome:
    """Trains a candidate whose accuracy goes up and down."""
    task = tiny_task(network, rate=3.0, accuracy=accuracy)
    trainer = shared_trainer(task, TINY_SPLIT, TINY_SPLIT, jax.devices()[:1])
    (outcome,) = outcomes(trainer.train(deque([Job(0, EXAMPLE, 0, count)])))
    return outcome


def test_accuracy_may_be_the_best_of_the_epochs_with_the_state_of_the_last() -> None:
    by_epoch = [after_epochs(count) for count in range(1, 7)]
    best, last = after_epochs(6, accuracy="best"), by_epoch[-1]
    accuracies = [outcome.validation_accuracy or 0.0 for outcome in by_epoch]
    first = by_epoch[accuracies.index(max(accuracies))]  # of equal ones
    assert (best.validation_accuracy, best.validation_loss) == (first.validation_accuracy, first.validation_loss)
    assert max(accuracies) > accuracies[-1] and len(set(accuracies)) > 2
    assert (best.train_loss, best.train_accuracy) == (last.train_loss, last.train_accuracy)
    assert np.asarray(best.state).tobytes() == np.asarray(last.state).tobytes()


def test_the_best_epoch_does_not_hide_that_the_last_one_diverged() -> None:
    """All 6 steps are well; the validation after them is not."""
    network = TinyNetwork(failing=True, healthy_steps=6)
    job = Job(0, starting_with("max_pool_3x3"), 0, 2)
    for accuracy in get_args(Accuracy):
        task = tiny_task(network, accuracy=accuracy)
        (outcome,) = outcomes(shared_trainer(task, TINY_SPLIT, TINY_SPLIT, jax.devices()[:1]).train(deque([job])))
        assert_diverged(outcome)


def epochs_of(trainer: WaveTrainer, jobs: list[Job], candidate: int = 0) -> list[int]:
    """Trains jobs; returns the epochs that were told of a candidate."""
    events = list(trainer.train(deque(jobs)))
    return [event.epoch for event in events if isinstance(event, EpochDone) and event.candidate == candidate]


def test_a_learning_rate_that_blows_up_is_divergence_and_stops_the_wave() -> None:
    jobs = [dataclasses.replace(job, end_epoch=50) for job in FIRST[:2]]
    trainer = tiny_trainer(rate=1e38)
    for outcome in train(trainer, jobs).values():
        assert_diverged(outcome)
    epochs = epochs_of(trainer, jobs)
    assert epochs == list(range(len(epochs))) and len(epochs) < 10


def test_divergence_in_the_last_step_shows_in_validation() -> None:
    """One step: its loss was taken before the step, and is finite."""
    task = tiny_task(rate=1e38)
    split = TINY_SPLIT.take(np.arange(4))
    trainer = WaveTrainer(task, split, split, jax.devices()[:1], EXAMPLE)
    assert_diverged(train(trainer, [Job(0, EXAMPLE, 0, 1)])[0])
    images = Images(jnp.asarray(split.images), jnp.asarray(split.labels))
    _, metrics = train_epoch(task, init_state(task, 0, EXAMPLE), EXAMPLE, images, 0)
    assert math.isfinite(metrics.loss)


def test_one_that_diverges_harms_nobody_else_in_the_wave() -> None:
    trainer = tiny_trainer(TinyNetwork(failing=True))
    bad, good = Job(0, starting_with("none"), 0, 3), Job(1, starting_with("skip_connect"), 0, 3)
    alone = train(trainer, [good])
    together = train(trainer, [bad, good])
    assert_diverged(together[0])
    assert bits(together[1]) == bits(alone[1])
    assert epochs_of(trainer, [bad, good], 1) == [0, 1, 2]  # it goes on for the one that is left


def test_one_that_diverged_once_has_diverged_however_well_the_last_epoch_looks() -> None:
    trainer = tiny_trainer(TinyNetwork(failing=True, healthy_steps=4, sick_steps=1))  # 3 steps an epoch
    bad, good = Job(0, starting_with("max_pool_3x3"), 0, 1), Job(1, starting_with("skip_connect"), 0, 1)
    assert {outcome.status for outcome in train(trainer, [bad, good]).values()} == {"completed"}
    longer = train(trainer, [dataclasses.replace(job, end_epoch=4) for job in (bad, good)])
    assert_diverged(longer[0])
    assert longer[1].status == "completed"


@pytest.mark.parametrize(
    "jobs",
    [
        [dataclasses.replace(FIRST[0], end_epoch=0)],
        [dataclasses.replace(FIRST[0], start_epoch=2)],
        [dataclasses.replace(FIRST[0], start_epoch=-1)],
        [FIRST[0], FIRST[0]],
    ],
)
def test_jobs_that_make_no_sense_are_refused(jobs: list[Job]) -> None:
    with pytest.raises(ValueError, match="no epochs from|each candidate has one job"):
        list(tiny_trainer().train(deque(jobs)))


def test_jobs_of_equally_many_epochs_share_a_wave_from_whatever_epochs() -> None:
    """More jobs than slots, longer and shorter ones, some from a state: all as each is alone."""
    trainer = tiny_trainer(devices=2)
    shorter = train(trainer, FIRST[3:])
    mixed = [FIRST[0], FIRST[1], FIRST[2], dataclasses.replace(FIRST[3], candidate=9, end_epoch=5)]
    mixed += promoted(FIRST[3:], shorter)
    alone = [train(trainer, [job]) for job in mixed]
    assert_same(train(trainer, mixed), {key: value for one in alone for key, value in one.items()})
    told = [(event.candidate, event.epoch) for event in trainer.train(deque(mixed)) if isinstance(event, EpochDone)]
    assert told[4:8] == [(2, 0), (3, 2), (2, 1), (3, 3)]  # one from the start beside one that goes on
    assert train(trainer) == {} == train(trainer, [])


def test_jobs_that_are_added_meanwhile_are_trained_in_the_next_wave() -> None:
    trainer, jobs, waves = tiny_trainer(devices=2), deque(FIRST[:3]), []
    for event in trainer.train(jobs):
        if isinstance(event, Outcome):
            waves.append(event.candidate)
            if event.candidate == 1:  # the last of the first wave: one job is left
                jobs.append(FIRST[3])
    assert waves == [0, 1, 2, 3]


def test_a_wave_is_the_first_jobs_of_equally_many_epochs() -> None:
    lengths = [(0, 2), (0, 3), (4, 6), (2, 4), (3, 6), (0, 2)]
    jobs = deque(Job(candidate, EXAMPLE, start, end) for candidate, (start, end) in enumerate(lengths))
    waves = []
    while jobs:
        waves.append([job.candidate for job in next_wave(jobs, 3)])
    assert waves == [[0, 2, 3], [1, 4], [5]]


def test_seconds_are_of_a_full_wave() -> None:
    """An idle slot costs as much as a busy one."""
    trainer = tiny_trainer(devices=2)
    trainer.prepare()
    together = train(trainer, FIRST[:2])
    assert together[0].seconds == together[1].seconds > together[0].validation_seconds > 0
