"""Batches are sent ahead of their use, in order."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np
import pytest

from econas_jax.training.prefetch import prefetched


def test_two_batches_are_on_their_way_while_one_is_used() -> None:
    sent: list[int] = []

    def send(batch: int) -> int:
        sent.append(batch)
        return 10 * batch

    iterator = prefetched(range(5), send)
    seen = []
    for value in iterator:
        seen.append((value, len(sent)))
    assert seen == [(0, 3), (10, 4), (20, 5), (30, 5), (40, 5)]
    assert list(prefetched([], send)) == []


def test_an_error_comes_in_its_batchs_place() -> None:
    def batches() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("damaged")

    seen = []
    with pytest.raises(ValueError, match="damaged"):
        for value in prefetched(batches(), lambda batch: batch):
            seen.append(value)
    assert seen == [1, 2]


def test_arrays_are_put_where_they_are_used() -> None:
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:2]), ("data",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    batches = [np.full((4, 3), number, np.uint8) for number in range(4)]
    found = list(prefetched(batches, lambda batch: jax.device_put(batch, sharding)))
    assert [array.sharding for array in found] == [sharding] * 4
    np.testing.assert_array_equal(np.stack(found), np.stack(batches))
