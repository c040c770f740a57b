"""Tests of crop, flip, resize and normalization against plain references and Pillow."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from data_sources import random_split
from PIL import Image

from econas_jax.data import augment, prepare
from econas_jax.data.augmentation import resize_matrix
from econas_jax.data.config import Augmentation
from econas_jax.errors import InputError

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
FloatImages = npt.NDArray[np.float32]


def _normalized(images: npt.NDArray[Any]) -> FloatImages:
    return ((images / 255.0 - np.array(MEAN)) / np.array(STD)).astype(np.float32)


def _reference(images: npt.NDArray[np.uint8], padding: int, row: int, column: int, flip: bool, r: int) -> FloatImages:
    """One crop of all images, step by step: pad, slice, flip, resize, normalize."""
    count, size = images.shape[:2]
    around = (padding, padding)
    padded = np.pad(images, ((0, 0), around, around, (0, 0))).astype(np.float32)
    cropped = padded[:, row : row + size, column : column + size]
    flipped = cropped[:, :, ::-1] if flip else cropped
    resized = jax.image.resize(flipped, (count, r, r, 3), method="linear", antialias=True)
    return _normalized(np.asarray(resized))


@pytest.mark.parametrize(
    ("size", "resolution", "padding"), [(32, 8, 4), (32, 12, 4), (32, 32, 4), (8, 8, 1), (6, 9, 2)]
)
def test_each_image_is_one_of_the_crops_of_the_plain_reference(size: int, resolution: int, padding: int) -> None:
    images = random_split(48, size=size).images
    augmented = augment(jax.random.key(0), jnp.asarray(images), resolution, MEAN, STD, Augmentation(padding, True))
    assert augmented.dtype == jnp.float32
    assert augmented.shape == (48, resolution, resolution, 3)
    offsets = range(2 * padding + 1)
    crops = [(row, column, flip) for row in offsets for column in offsets for flip in (False, True)]
    references = np.stack([_reference(images, padding, *crop, resolution) for crop in crops])
    differences = np.sort(np.abs(references - np.asarray(augmented)).max(axis=(2, 3, 4)), axis=0)
    assert differences[0].max() < 1e-5
    assert differences[1].min() > 0.05  # so that the match means something


def test_offsets_and_flips_are_uniform_and_independent() -> None:
    count, padding = 7200, 1
    image = np.arange(1, 17, dtype=np.uint8).reshape(4, 4)
    images = jnp.asarray(np.broadcast_to(image[..., np.newaxis], (count, 4, 4, 3)))
    augmented = augment(jax.random.key(1), images, 4, **PLAIN, augmentation=Augmentation(padding, True))
    seen = np.rint(np.asarray(augmented)[..., 0] * 255).astype(int)
    padded = np.pad(image, padding)
    counts = [
        int((seen == crop).all(axis=(1, 2)).sum())
        for row in range(3)
        for column in range(3)
        for crop in (padded[row : row + 4, column : column + 4], padded[row : row + 4, column : column + 4][:, ::-1])
    ]
    assert sum(counts) == count
    chi_square = sum((observed - 400) ** 2 / 400 for observed in counts)
    assert chi_square < 35.7  # 18 outcomes, 17 degrees of freedom: exceeded by chance in 0.5 % of all keys


def test_without_padding_and_flip_at_full_size_nothing_changes() -> None:
    images = random_split(16).images
    expected = _normalized(images)
    for changed in (
        augment(jax.random.key(0), jnp.asarray(images), 32, MEAN, STD, Augmentation(0, False)),
        prepare(jnp.asarray(images), 32, MEAN, STD),
    ):
        np.testing.assert_allclose(np.asarray(changed), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(resize_matrix(32, 32), np.eye(32))


def test_flips_alone_and_crops_alone() -> None:
    images = random_split(64, size=8).images
    expected = np.asarray(prepare(jnp.asarray(images), 8, MEAN, STD))
    flipped = np.asarray(augment(jax.random.key(0), jnp.asarray(images), 8, MEAN, STD, Augmentation(0, True)))
    same = np.abs(flipped - expected).max(axis=(1, 2, 3)) < 1e-6
    mirrored = np.abs(flipped - expected[:, :, ::-1]).max(axis=(1, 2, 3)) < 1e-6
    assert (same ^ mirrored).all()
    assert 16 < same.sum() < 48
    cropped = np.asarray(augment(jax.random.key(0), jnp.asarray(images), 8, MEAN, STD, Augmentation(1, False)))
    crops = np.stack([_reference(images, 1, row, column, False, 8) for row in range(3) for column in range(3)])
    assert np.abs(crops - cropped).max(axis=(2, 3, 4)).min(axis=0).max() < 1e-5


@pytest.mark.parametrize("resolution", [32, 24, 16, 12, 8, 48])
def test_evaluation_resizes_like_pillow_within_its_rounding(resolution: int) -> None:
    images = random_split(8).images
    resized = np.asarray(prepare(jnp.asarray(images), resolution, **PLAIN)) * 255
    side = (resolution, resolution)
    pillow = [np.asarray(Image.fromarray(image).resize(side, Image.Resampling.BILINEAR)) for image in images]
    # Pillow rounds to whole values twice, after the rows and after the columns.
    assert np.abs(resized - np.stack(pillow)).max() < 1.05


@pytest.mark.parametrize(("size", "resolution"), [(32, 8), (32, 12), (8, 32), (7, 3), (5, 5), (3, 1), (1, 4)])
def test_the_resize_matrix_is_that_of_jax(size: int, resolution: int) -> None:
    columns = jax.image.resize(jnp.eye(size), (resolution, size), method="linear", antialias=True)
    np.testing.assert_allclose(resize_matrix(size, resolution), np.asarray(columns), atol=1e-6)


def test_the_same_key_gives_the_same_images_compiled_or_not() -> None:
    images = jnp.asarray(random_split(32).images)

    def one_step(key: jax.Array, batch: jax.Array) -> jax.Array:
        return augment(key, batch, 8, MEAN, STD, Augmentation())

    compiled = jax.jit(one_step)
    first, again, other = (compiled(jax.random.key(seed), images) for seed in (0, 0, 1))
    np.testing.assert_array_equal(np.asarray(first), np.asarray(again))
    np.testing.assert_allclose(np.asarray(first), np.asarray(one_step(jax.random.key(0), images)), atol=1e-5)
    assert np.abs(np.asarray(first) - np.asarray(other)).max() > 0.1


@pytest.mark.parametrize(
    "arguments", [{"crop_padding": -1}, {"crop_padding": 1.5}, {"crop_padding": True}, {"flip": 1}]
)
def test_wrong_augmentations_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(arguments))):
        Augmentation(**arguments)


@pytest.mark.parametrize("resolution", [0, -8, 8.0])
def test_wrong_resolutions_are_refused(resolution: Any) -> None:
    images = jnp.zeros((1, 8, 8, 3), jnp.uint8)
    with pytest.raises(InputError, match="resolution"):
        prepare(images, resolution, MEAN, STD)
    with pytest.raises(InputError, match="resolution"):
        augment(jax.random.key(0), images, resolution, MEAN, STD, Augmentation())
