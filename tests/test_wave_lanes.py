"""Waves with two candidates on each device: results depend neither on the devices nor on who shares one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest
import tiny_search
from test_wave_trainer import TINY_SPLIT, tiny_task
from tiny_network import TinyNetwork
from tiny_search import EPOCHS, genotypes, search_trainer, shared_trainer
from waves import FIRST, GENOTYPE, assert_same, count_compilations, promoted, train

from econas_jax.errors import InputError
from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.training import Job, Outcome, WaveTrainer


@pytest.fixture(autouse=True, scope="module")
def flags() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XLA_FLAGS", tiny_search.XLA_FLAGS)
        yield


@pytest.fixture(scope="module")
def two_lanes(flags: None) -> dict[int, Outcome]:
    """The outcomes of FIRST from one wave of two devices with two lanes."""
    return train(search_trainer(2, lanes=2), FIRST)


@pytest.mark.parametrize("devices", [1, 4])
def test_devices_and_neighbours_change_nothing(two_lanes: dict[int, Outcome], devices: int) -> None:
    """On one device in two waves, in another order; on four in one wave with idle lanes."""
    trainer = search_trainer(devices, lanes=2)
    assert trainer.slots == 2 * devices
    waves = [FIRST[::-2], FIRST[::2]] if devices == 1 else [FIRST[::-1]]
    ours = train(trainer, *waves)
    assert_same(dict(sorted(ours.items())), two_lanes)
    # and from states, as after a promotion
    second = train(search_trainer(2, lanes=2), promoted(FIRST, two_lanes))
    assert_same(dict(sorted(train(trainer, *[promoted(wave, ours) for wave in waves]).items())), second)


def test_equals_one_lane_up_to_rounding(two_lanes: dict[int, Outcome]) -> None:
    alone = train(search_trainer(4), FIRST)
    for candidate, outcome in two_lanes.items():
        expected = alone[candidate]
        assert outcome.train_loss == pytest.approx(expected.train_loss, rel=1e-3)
        assert outcome.validation_loss == pytest.approx(expected.validation_loss, rel=1e-3)
        assert outcome.state is not None and expected.state is not None
        error = np.linalg.norm(outcome.state - expected.state)
        assert error <= 1e-3 * np.linalg.norm(expected.state)


def test_a_smaller_wave_compiles_nothing_new(two_lanes: dict[int, Outcome], caplog: pytest.LogCaptureFixture) -> None:
    with count_compilations(caplog) as compilations:
        assert_same(train(search_trainer(2, lanes=2), FIRST[:1]), {0: two_lanes[0]})
        assert compilations() == 0


def test_a_diverged_neighbour_changes_nothing() -> None:
    def jobs(*operations: str) -> list[Job]:
        numbers = [SEARCH_OPERATIONS.index(name) for name in operations]
        by_first = {genotype.encode().normal.operations[0]: genotype for genotype in genotypes(60)}
        return [Job(place, by_first[number], 0, EPOCHS) for place, number in enumerate(numbers)]

    network = TinyNetwork(failing=True)
    trainer = shared_trainer(tiny_task(network), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], lanes=2)
    healthy, sick = train(trainer, jobs("skip_connect", "none")).values()
    assert sick.diverged and not healthy.diverged
    assert_same({0: healthy}, train(trainer, jobs("skip_connect")))


@pytest.mark.parametrize("lanes", [0, True, 1.5])
def test_refused_lanes(lanes: Any) -> None:
    with pytest.raises(InputError) as caught:
        WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], GENOTYPE, lanes)
    assert caught.value.field == "lanes"
