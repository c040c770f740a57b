"""Waves with two candidates on each device: results do not depend on what shares one, to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import pytest
import tiny_search
from tiny_network import TinyNetwork
from tiny_search import EPOCHS, search_trainer, shared_trainer
from tiny_training import TINY_SPLIT, starting_with, tiny_task
from waves import EXAMPLE, FIRST, assert_same, count_compilations, promoted, train

from econas_jax.errors import InputError
from econas_jax.training import Job, Outcome, WaveTrainer


@pytest.fixture(autouse=True, scope="module")
def flags() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XLA_FLAGS", tiny_search.XLA_FLAGS)
        yield


# One epoch: what two programs round differently grows with every step, the more so on maps of one pixel.
ONE_EPOCH = [dataclasses.replace(job, end_epoch=1) for job in FIRST]


@pytest.fixture(scope="module")
def two_lanes(flags: None) -> dict[int, Outcome]:
    """The outcomes of ONE_EPOCH from one wave of two devices with two lanes."""
    return train(search_trainer(2, lanes=2), ONE_EPOCH)


def test_places_and_neighbours_change_no_bit(two_lanes: dict[int, Outcome]) -> None:
    trainer = search_trainer(2, lanes=2)
    assert trainer.slots == 4
    assert_same(train(trainer, ONE_EPOCH[::-1]), two_lanes)
    assert_same(train(trainer, ONE_EPOCH[::2], ONE_EPOCH[1:2], ONE_EPOCH[3:]), two_lanes)


def test_a_stage_begun_from_states_changes_no_bit(two_lanes: dict[int, Outcome]) -> None:
    trainer = search_trainer(2, lanes=2)
    straight = train(trainer, [dataclasses.replace(job, end_epoch=2) for job in ONE_EPOCH])
    continued = [
        dataclasses.replace(job, start_epoch=1, end_epoch=2, state=two_lanes[job.candidate].state) for job in ONE_EPOCH
    ]
    assert_same(train(trainer, continued[::-1]), straight)


def test_neighbours_of_other_rungs_change_no_bit(two_lanes: dict[int, Outcome]) -> None:
    """Two that go on from their states beside two that begin, each on a device with one of them."""
    trainer = search_trainer(2, lanes=2)
    on = [
        dataclasses.replace(job, start_epoch=1, end_epoch=2, state=two_lanes[job.candidate].state) for job in ONE_EPOCH
    ]
    alone = train(trainer, [on[1]], [on[3]])
    assert_same(train(trainer, [ONE_EPOCH[0], on[1], ONE_EPOCH[2], on[3]]), {**two_lanes, **alone})
    assert_same(train(trainer, [on[1], on[3], ONE_EPOCH[2], ONE_EPOCH[0]]), {**two_lanes, **alone})


def test_other_devices_and_lanes_are_equal_up_to_rounding(two_lanes: dict[int, Outcome]) -> None:
    """Each number of devices and of lanes is a program of its own, and XLA may round it differently.

    Losses only: normalising maps of one pixel magnifies rounding in gradients (float64: test_blended_operation).
    """
    others = train(search_trainer(4), ONE_EPOCH)
    for candidate, outcome in two_lanes.items():
        expected = others[candidate]
        assert outcome.train_loss == pytest.approx(expected.train_loss, rel=1e-4)
        assert outcome.validation_loss == pytest.approx(expected.validation_loss, rel=1e-3)


def test_a_network_of_one_product_has_the_same_bits_on_any_devices() -> None:
    def outcomes(devices: int) -> dict[int, Outcome]:
        trainer = shared_trainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:devices], lanes=2)
        waves = [FIRST[first : first + trainer.slots] for first in range(0, 4, trainer.slots)]
        first = train(trainer, *waves)
        return first | {
            10 + number: outcome for number, outcome in train(trainer, *[promoted(w, first) for w in waves]).items()
        }

    assert_same(outcomes(1), outcomes(2))
    assert_same(outcomes(4), outcomes(2))


def test_a_smaller_wave_compiles_nothing_new(two_lanes: dict[int, Outcome], caplog: pytest.LogCaptureFixture) -> None:
    with count_compilations(caplog) as compilations:
        assert_same(train(search_trainer(2, lanes=2), ONE_EPOCH[:1]), {0: two_lanes[0]})
        assert compilations() == 0


def test_a_diverged_neighbour_changes_nothing() -> None:
    def jobs(*operations: str) -> list[Job]:
        return [Job(place, starting_with(name), 0, EPOCHS) for place, name in enumerate(operations)]

    network = TinyNetwork(failing=True)
    trainer = shared_trainer(tiny_task(network), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], lanes=2)
    healthy, sick = train(trainer, jobs("skip_connect", "none")).values()
    assert (sick.status, healthy.status) == ("diverged", "completed")
    assert_same({0: healthy}, train(trainer, jobs("skip_connect")))


@pytest.mark.parametrize("lanes", [0, True, 1.5])
def test_refused_lanes(lanes: Any) -> None:
    with pytest.raises(InputError) as caught:
        WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], EXAMPLE, lanes)
    assert caught.value.field == "lanes"
