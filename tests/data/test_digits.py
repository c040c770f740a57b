"""Tests of the digits that come with scikit-learn."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from data_sources import sorted_images
from sklearn import datasets

from econas_jax.data.config import DataConfig
from econas_jax.data.digits import load_digits


def test_the_default_split_has_1200_300_and_297_images_of_ten_classes() -> None:
    dataset = load_digits()
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (1200, 300, 297)
    assert (dataset.num_classes, dataset.image_size) == (10, 8)


def test_all_of_scikit_learns_images_are_there_scaled_and_grey() -> None:
    dataset = load_digits()
    original = datasets.load_digits()
    images = np.concatenate([dataset.train.images, dataset.validation.images, dataset.test.images])
    assert (images == images[..., :1]).all()
    # Back from 0..255 to 0..16: a step is 15.94, so that rounding cannot hide a wrong value.
    restored = np.rint(images[..., 0] * (16 / 255)).astype(np.uint8)
    expected = sorted(image.astype(np.uint8).tobytes() for image in original.images)
    assert sorted(image.tobytes() for image in restored) == expected
    assert (images.min(), images.max()) == (0, 255)


def test_each_image_keeps_its_label() -> None:
    original = datasets.load_digits()
    label_of = dict(zip((image.tobytes() for image in original.images), original.target, strict=True))
    dataset = load_digits(seed=3)
    for split in (dataset.train, dataset.validation, dataset.test):
        restored = np.rint(split.images[..., 0] * (16 / 255)).astype(original.images.dtype)
        assert [label_of[image.tobytes()] for image in restored] == split.labels.tolist()


def test_the_test_images_do_not_depend_on_the_seed() -> None:
    first, second = load_digits(seed=0), load_digits(seed=1)
    np.testing.assert_array_equal(first.test.images, second.test.images)
    assert sorted_images(first.validation) != sorted_images(second.validation)
    counts = np.bincount(first.test.labels, minlength=10)
    assert counts.min() >= 28  # of about 180 images a class, 297 / 1797
    assert counts.max() <= 31


# Of images and labels, by the version that knew only three fields of `data`: earlier folders go on with these.
EARLIER = {
    0: ("e69160a9055264d4", "eeac7b87aa3abf5c", "b229a115d93f372f"),
    1: ("2553439234fc72df", "80a023a52926fb16", "b229a115d93f372f"),
    5: ("7f6ff9f04a099fc2", "92bb9feeefb1adb5", "b229a115d93f372f"),
}


@pytest.mark.parametrize("seed", EARLIER)
def test_the_splits_are_those_of_earlier_versions(seed: int) -> None:
    splits = DataConfig("digits").load(seed, resolution=8).splits.values()
    contents = (split.images.tobytes() + split.labels.tobytes() for split in splits)
    assert tuple(hashlib.sha256(content).hexdigest()[:16] for content in contents) == EARLIER[seed]
