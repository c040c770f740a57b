"""The share of the training images that a proxy's sample ratio leaves."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.data import Dataset, Split, training_subset


def make_dataset(count: int) -> Dataset:
    images = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(2, 1).repeat(2, 2).repeat(3, 3)
    train = Split(images, np.arange(count, dtype=np.int32) % 2)
    other = Split(images[:2].copy(), train.labels[:2].copy())
    return Dataset("made up", train, other, other, 2, (0.5,) * 3, (0.5,) * 3)


@pytest.mark.parametrize(("ratio", "kept"), [(1 / 2, 50), (1 / 4, 25), (1 / 16, 6), (0.999, 99), (0.01, 1)])
def test_a_subset_has_the_share_of_the_images_rounded_down(ratio: float, kept: int) -> None:
    subset = training_subset(make_dataset(100), ratio, seed=0)
    numbers = subset.images[:, 0, 0, 0].astype(int)
    assert len(subset) == kept == len(set(numbers.tolist()))
    assert (subset.labels == numbers % 2).all()  # every image has kept its label


def test_a_subset_is_random_and_depends_on_the_seed_alone() -> None:
    def numbers(seed: int) -> list[int]:
        return training_subset(make_dataset(100), 0.25, seed).images[:, 0, 0, 0].tolist()

    assert numbers(0) == numbers(0)
    assert numbers(0) != numbers(1)
    assert numbers(0) != list(range(25)) and max(numbers(0)) > 50


def test_all_of_the_images_are_the_training_split_itself() -> None:
    dataset = make_dataset(10)
    assert training_subset(dataset, 1.0, 0) is dataset.train
