"""Tests of DataConfig: the size that images are stored at, and messages about what a user never set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_sources import random_split, write_image_folder
from PIL import Image

from econas_jax.data.config import DataConfig
from econas_jax.errors import InputError


@pytest.fixture
def photos(tmp_path: Path) -> str:
    return str(write_image_folder(tmp_path, random_split(12, size=96, classes=2)))


@pytest.mark.parametrize(
    ("resolution", "image_size", "stored"),
    [(None, None, 32), (8, None, 32), (32, None, 32), (64, None, 64), (128, None, 128), (64, 64, 64), (16, 80, 80)],
)
def test_images_are_stored_at_least_as_large_as_the_proxy_trains_on(
    photos: str, resolution: int | None, image_size: int | None, stored: int
) -> None:
    dataset = DataConfig("image_folder", photos, image_size=image_size).load(0, resolution)
    assert dataset.image_size == stored


def test_large_photos_are_shrunk_once(photos: str) -> None:
    dataset = DataConfig("image_folder", photos, validation_size=2).load(0, 64)
    files = [file for folder in ("class0", "class1") for file in sorted((Path(photos) / folder).iterdir())]
    shrunk = {Image.open(file).resize((64, 64), Image.Resampling.BILINEAR).tobytes() for file in files}
    assert {image.tobytes() for split in dataset.splits.values() for image in split.images} == shrunk


@pytest.mark.parametrize(("resolution", "image_size"), [(64, 32), (64, 63), (8, 4)])
def test_an_image_size_below_the_resolution_is_refused_by_both_names(resolution: int, image_size: int) -> None:
    message = f"data.image_size = {image_size}: expected at least {resolution}, the largest proxy.resolution"
    with pytest.raises(InputError, match=message):
        DataConfig("image_folder", "no/such/folder", image_size=image_size).load(0, resolution)  # before any reading


def test_the_resolution_changes_nothing_of_other_data_sets() -> None:
    first, second = DataConfig("digits").load(0), DataConfig("digits").load(0, 64)
    np.testing.assert_array_equal(first.train.images, second.train.images)


def test_alpha_is_a_field_of_image_folders_alone(photos: str) -> None:
    Image.fromarray(np.zeros((96, 96, 4), np.uint8)).save(f"{photos}/class0/clear.png")
    assert len(DataConfig("image_folder", photos).load(0).validation) == 3
    with pytest.raises(InputError, match=r"clear.png'?: expected no transparent pixels, or data.alpha=white"):
        DataConfig("image_folder", photos, alpha="refuse").load(0)
    with pytest.raises(InputError, match="data.alpha = 'refuse': expected nothing: the data set digits has no such"):
        DataConfig("digits", alpha="refuse").load(0)
    with pytest.raises(InputError, match="data.alpha = 'black': expected white or refuse"):
        DataConfig("digits", alpha="black")


def _npz(folder: Path, count: int, classes: int) -> DataConfig:
    split = random_split(count, size=4, classes=classes)
    np.savez(folder / "data.npz", train_images=split.images, train_labels=split.labels)
    return DataConfig("npz", str(folder / "data.npz"))


@pytest.mark.parametrize(("count", "classes", "fifth"), [(60, 60, 12), (2, 2, 1), (5, 5, 1)])
def test_where_no_image_can_be_held_out_the_message_says_what_to_add(
    tmp_path: Path, count: int, classes: int, fifth: int
) -> None:
    with pytest.raises(InputError) as caught:
        _npz(tmp_path, count, classes).load(0)
    assert str(caught.value).startswith(f"images to hold out for validation, a fifth = {fifth}: expected at most 0")
    assert "add training images, or validation images of your own" in str(caught.value)
    assert "set data.validation_size" not in str(caught.value)  # no value of it would do


def test_where_fewer_can_be_held_out_the_message_says_how_many(tmp_path: Path) -> None:
    config = _npz(tmp_path, 50, 45)
    with pytest.raises(InputError, match="a fifth = 10: expected at most 5, .*: set data.validation_size to 5 or less"):
        config.load(0)
    assert len(DataConfig("npz", config.path, validation_size=5).load(0).validation) == 5
    with pytest.raises(InputError, match="data.validation_size = 6: expected a whole number from 0 to 5, since each"):
        DataConfig("npz", config.path, validation_size=6).load(0)


def test_a_few_images_have_a_validation_image(tmp_path: Path) -> None:
    """A fifth of three is less than a half, but a search without any could rank nothing."""
    assert len(_npz(tmp_path, 3, 2).load(0).validation) == 1
