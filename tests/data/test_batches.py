"""Tests of batches of images in memory: their order, where an epoch is taken up again, and the short last batch."""

from __future__ import annotations

import numpy as np
import pytest
from data_sources import random_split

from econas_jax.data import Dataset, Split, fingerprints
from econas_jax.data.batches import MemoryBatches, MemorySource

HALF = (0.5, 0.5, 0.5)
TEN = Split(np.arange(10, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3), np.arange(10, dtype=np.int32))


def order(batches: MemoryBatches, epoch: int, first_step: int = 0) -> list[list[int]]:
    return [batch.labels.tolist() for batch in batches.epoch(epoch, first_step)]


def test_an_epoch_has_every_image_once_in_an_order_of_its_own() -> None:
    batches = MemoryBatches(TEN, 4, seed=0, short_batch=True)
    assert batches.steps == 3
    first, second = order(batches, 0), order(batches, 1)
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(10))
    assert first != second and sum(first, []) != list(range(10))


def test_an_image_keeps_its_label() -> None:
    for batch in MemoryBatches(TEN, 4, seed=0, short_batch=True).epoch(3):
        np.testing.assert_array_equal(batch.images[:, 0, 0, 0], batch.labels)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    one, other = (MemoryBatches(TEN, 4, seed=5, short_batch=True) for _ in range(2))
    order(one, 0)  # what was read before changes nothing
    assert order(one, 7) == order(other, 7)
    assert order(MemoryBatches(TEN, 4, seed=6, short_batch=True), 7) != order(one, 7)


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_an_epoch_is_taken_up_at_any_step(step: int) -> None:
    batches = MemoryBatches(TEN, 4, seed=0, short_batch=True)
    assert order(batches, 2, step) == order(batches, 2)[step:]


@pytest.mark.parametrize(("size", "short", "steps"), [(4, False, 2), (4, True, 3), (5, True, 2), (5, False, 2)])
def test_the_short_batch_is_left_out_unless_asked_for(size: int, short: bool, steps: int) -> None:
    batches = MemoryBatches(TEN, size, seed=0, short_batch=short)
    assert batches.steps == steps == len(order(batches, 0))
    whole = MemoryBatches(TEN, size, seed=0, short_batch=True)
    assert order(batches, 0) == order(whole, 0)[:steps]  # the others are the same


def test_a_data_set_in_memory_is_a_source() -> None:
    train, validation, test = (random_split(count, size=4, classes=2, seed=count) for count in (12, 7, 0))
    names = ("cat", "dog")
    dataset = Dataset("pets", train, validation, test, num_classes=2, mean=HALF, std=HALF, classes=names)
    source = MemorySource(dataset)
    assert (source.name, source.classes, source.mean, source.std, source.crop) == ("pets", names, HALF, HALF, 1.0)
    assert [source.count(split) for split in ("train", "validation", "test")] == [12, 7, 0]
    assert source.training(5, 0, short_batch=True).steps == 3
    assert source.identity() == fingerprints(dataset)
    batches = list(source.evaluation("validation", 3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate([batch.images for batch in batches]), validation.images)
    np.testing.assert_array_equal(np.concatenate([batch.labels for batch in batches]), validation.labels)
    assert list(source.evaluation("test", 3)) == []
