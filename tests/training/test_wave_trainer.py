"""Waves on a tiny network: what is compiled when, divergence, and waves that cannot be trained together."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny_network import TinyNetwork
from tiny_search import EPOCHS, genotypes, shared_trainer
from waves import FIRST, GENOTYPE, assert_same, bits, count_compilations, promoted, train

from econas_jax.data import Split
from econas_jax.data.config import Augmentation
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training import (
    Images,
    Job,
    Outcome,
    Task,
    TrainingConfig,
    WaveTrainer,
    init_state,
    train_epoch,
)

Accuracy: TypeAlias = Literal["last", "best"]
TINY_SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3)).astype(np.uint8), np.arange(12, dtype=np.int32) % 3
)


def tiny_task(network: TinyNetwork | None = None, rate: float = 0.1, accuracy: Accuracy = "last") -> Task:
    augmentation = Augmentation(1, False)
    config = TrainingConfig(batch_size=4, learning_rate=rate, augmentation=augmentation, accuracy=accuracy)
    return Task(network or TinyNetwork(), config, 4, 3 * EPOCHS, (0.5,) * 3, (0.25,) * 3, seed=0)


def tiny_trainer(network: TinyNetwork | None = None, devices: int = 2, rate: float = 0.1) -> WaveTrainer:
    return WaveTrainer(tiny_task(network, rate), TINY_SPLIT, TINY_SPLIT, jax.devices()[:devices], GENOTYPE)


def test_a_trainer_compiles_three_programs_once(caplog: pytest.LogCaptureFixture) -> None:
    trainer = tiny_trainer()
    with count_compilations(caplog) as compilations:
        trainer.compile()
        assert compilations() == 3  # initial values, epoch, evaluation
        trainer.compile()
        train(trainer, promoted(FIRST[:1], train(trainer, FIRST[:2])))
        assert compilations() == 3


def test_training_compiles_what_has_not_been_compiled() -> None:
    compiled = tiny_trainer()
    compiled.compile()
    assert_same(train(tiny_trainer(), FIRST[:2]), train(compiled, FIRST[:2]))


def after_epochs(count: int, network: TinyNetwork | None = None, accuracy: Accuracy = "last") -> Outcome:
    """Of a candidate whose accuracy goes up and down."""
    task = tiny_task(network, rate=3.0, accuracy=accuracy)
    (outcome,) = shared_trainer(task, TINY_SPLIT, TINY_SPLIT, jax.devices()[:1]).train([Job(0, GENOTYPE, 0, count)])
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
        (outcome,) = shared_trainer(task, TINY_SPLIT, TINY_SPLIT, jax.devices()[:1]).train([job])
        assert_diverged(outcome)


def starting_with(operation: str) -> Genotype:
    """A genotype whose first operation is the given one."""
    return next(genotype for genotype in genotypes(100) if genotype.normal.edges[0].operation == operation)


def assert_diverged(outcome: Outcome) -> None:
    assert outcome.diverged and outcome.state is None and math.isfinite(outcome.seconds)
    fields = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    assert [getattr(outcome, field) for field in fields] == [None] * 4


def test_a_learning_rate_that_blows_up_is_divergence_and_stops_the_wave() -> None:
    epochs: list[int] = []
    jobs = [dataclasses.replace(job, end_epoch=50) for job in FIRST[:2]]
    outcomes = tiny_trainer(rate=1e38).train(jobs, epochs.append)
    for outcome in outcomes:
        assert_diverged(outcome)
    assert epochs == list(range(len(epochs))) and len(epochs) < 10


def test_divergence_in_the_last_step_shows_in_validation() -> None:
    """One step: its loss was taken before the step, and is finite."""
    task = tiny_task(rate=1e38)
    split = TINY_SPLIT.take(np.arange(4))
    (outcome,) = WaveTrainer(task, split, split, jax.devices()[:1], GENOTYPE).train([Job(0, GENOTYPE, 0, 1)])
    assert_diverged(outcome)
    images, genotype = Images(jnp.asarray(split.images), jnp.asarray(split.labels)), GENOTYPE.encode()
    _, metrics = train_epoch(task, init_state(task, 0, genotype), genotype, images, 0)
    assert math.isfinite(metrics.loss)


def test_one_that_diverges_harms_nobody_else_in_the_wave() -> None:
    trainer = tiny_trainer(TinyNetwork(failing=True))
    bad, good = Job(0, starting_with("none"), 0, 3), Job(1, starting_with("skip_connect"), 0, 3)
    alone = train(trainer, [good])
    epochs: list[int] = []
    outcomes = trainer.train([bad, good], epochs.append)
    assert_diverged(outcomes[0])
    assert bits(outcomes[1]) == bits(alone[1])
    assert epochs == [0, 1, 2]  # it goes on for the one that is left


def test_who_diverged_once_has_diverged_however_well_the_last_epoch_looks() -> None:
    trainer = tiny_trainer(TinyNetwork(failing=True, healthy_steps=4, sick_steps=1))  # 3 steps an epoch
    bad, good = Job(0, starting_with("max_pool_3x3"), 0, 1), Job(1, starting_with("skip_connect"), 0, 1)
    healthy = trainer.train([bad, good])
    assert not healthy[0].diverged and not healthy[1].diverged
    outcomes = trainer.train([dataclasses.replace(job, end_epoch=4) for job in (bad, good)])
    assert_diverged(outcomes[0])
    assert not outcomes[1].diverged


@pytest.mark.parametrize(
    "jobs",
    [
        [],
        FIRST[:3],  # two slots
        [dataclasses.replace(FIRST[0], end_epoch=0)],
        [FIRST[0], dataclasses.replace(FIRST[1], end_epoch=1)],
        [dataclasses.replace(FIRST[0], start_epoch=1), FIRST[1]],
        [FIRST[0], dataclasses.replace(FIRST[1], state=np.zeros(200, np.float32))],
    ],
)
def test_a_wave_that_cannot_be_trained_together_is_refused(jobs: list[Job]) -> None:
    with pytest.raises(ValueError, match="wave"):
        tiny_trainer().train(jobs)


def test_seconds_are_shared_out_over_the_jobs() -> None:
    trainer = tiny_trainer(devices=2)
    trainer.compile()
    together = trainer.train(FIRST[:2])
    assert together[0].seconds == together[1].seconds > 0
