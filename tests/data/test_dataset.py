"""Tests of Split, Dataset, the validation split and load_dataset: one contract for every loader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_sources import RECORDS, random_split, small_cifar10, sorted_images, write_cifar10_folder, write_image_folder

from econas_jax.data import LOADERS, Dataset, Split, cifar10_binary, load_dataset
from econas_jax.data.assembly import channel_statistics
from econas_jax.data.splitting import split_off
from econas_jax.errors import InputError

Load = Callable[..., Dataset]


@pytest.fixture(params=sorted(LOADERS))
def load(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """load_dataset of each loader in turn, with a source to read and 30 validation images."""
    options: dict[str, Any] = {"validation_size": 30}
    split = random_split(90, size=8, classes=4)
    if request.param == "cifar10":
        monkeypatch.setattr(cifar10_binary, "RECORDS_PER_FILE", RECORDS)
        options["path"] = write_cifar10_folder(tmp_path, small_cifar10())
    elif request.param == "image_folder":
        options |= {"path": write_image_folder(tmp_path, split), "image_size": 8}
    elif request.param == "npz":
        options["path"] = tmp_path / "data.npz"
        np.savez(options["path"], train_images=split.images, train_labels=split.labels)
    return lambda **changes: load_dataset(request.param, **{**options, **changes})


def test_every_loader_gives_checked_read_only_arrays(load: Load) -> None:
    dataset = load()
    assert len(dataset.validation) == 30
    for split in (dataset.train, dataset.validation, dataset.test):
        assert split.images.dtype == np.uint8
        assert split.images.shape[1:] == (dataset.image_size, dataset.image_size, 3)
        assert split.labels.dtype == np.int32
        assert not split.images.flags.writeable
        assert not split.labels.flags.writeable
    assert set(dataset.train.labels.tolist()) == set(range(dataset.num_classes))


def test_every_loader_parts_its_training_images_by_seed(load: Load) -> None:
    first, again, other, whole = load(), load(), load(seed=1), load(validation_size=0)
    np.testing.assert_array_equal(first.train.images, again.train.images)
    np.testing.assert_array_equal(first.validation.labels, again.validation.labels)
    assert sorted_images(first.validation) != sorted_images(other.validation)
    assert len(whole.validation) == 0
    assert sorted_images(first.train, first.validation) == sorted_images(whole.train)
    np.testing.assert_array_equal(first.test.images, other.test.images)


def test_every_loader_takes_a_validation_image_of_each_class(load: Load) -> None:
    dataset = load()
    expected = 30 / (30 + len(dataset.train))
    for label in range(dataset.num_classes):
        held_out, left = (dataset.validation.labels == label).sum(), (dataset.train.labels == label).sum()
        assert abs(held_out - expected * (held_out + left)) <= 1


def test_every_loader_normalizes_what_it_trains_on(load: Load) -> None:
    dataset = load()
    if dataset.name == "cifar10":  # published constants of the real images, not of these
        assert dataset.mean == (0.49139968, 0.48215827, 0.44653124)
        assert dataset.std == (0.24703233, 0.24348505, 0.26158768)
        return
    normalized = (dataset.train.images.astype(np.float64) / 255 - dataset.mean) / dataset.std
    np.testing.assert_allclose(normalized.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(normalized.std(axis=(0, 1, 2)), 1, atol=1e-12)


@pytest.mark.parametrize("changes", [{"validation_size": -1}, {"validation_size": 10**6}, {"validation_size": 2.5}])
def test_every_loader_refuses_a_validation_split_it_cannot_make(load: Load, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="validation_size"):
        load(**changes)


@pytest.mark.parametrize("seed", [-1, 1.0, True])
def test_every_loader_refuses_a_seed_that_is_none(load: Load, seed: Any) -> None:
    with pytest.raises(InputError, match="seed"):
        load(seed=seed)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cifar", {}, "dataset = 'cifar': expected one of cifar10, digits, image_folder, npz"),
        (None, {}, "dataset = None"),
        ("digits", {"path": "somewhere"}, "the data set digits has no such option"),
        ("npz", {"download": True}, "download = True"),
        ("npz", {"image_size": 8}, "image_size = 8"),
        ("npz", {}, "path = None"),
        ("npz", {"path": "no/such/file.npz"}, "path = 'no/such/file.npz': expected a .npz file"),
        ("npz", {"path": "a\0b"}, "path"),
        ("npz", {"path": 3}, "path = 3"),
        ("npz", {"path": "~no-such-user/file.npz"}, "path"),
        ("image_folder", {"path": ""}, "path = ''"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line(name: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_dataset(name, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_split_is_a_view_that_leaves_the_callers_arrays_writeable() -> None:
    images, labels = np.zeros((2, 4, 4, 3), np.uint8), np.zeros(2, np.int32)
    split = Split(images, labels)
    assert images.flags.writeable
    assert split.images.base is images
    assert len(split) == 2


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        ([[1]], np.zeros(1, np.int32), "NumPy array"),
        (np.zeros((1, 4, 4, 3), np.uint8), [0], "NumPy array"),
        (np.zeros((1, 4, 4, 3), np.float32), np.zeros(1, np.int32), "images.dtype = 'float32'"),
        (np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1, np.int64), "labels.dtype = 'int64'"),
        (np.zeros((1, 4, 5, 3), np.uint8), np.zeros(1, np.int32), "images.shape = (1, 4, 5, 3)"),
        (np.zeros((1, 4, 4, 1), np.uint8), np.zeros(1, np.int32), "images.shape"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros(4, np.int32), "images.shape"),
        (np.zeros((1, 0, 0, 3), np.uint8), np.zeros(1, np.int32), "images.shape"),
        (np.zeros((2, 4, 4, 3), np.uint8), np.zeros(3, np.int32), "labels.shape = (3,)"),
        (np.zeros((2, 4, 4, 3), np.uint8), np.zeros((2, 1), np.int32), "labels.shape"),
    ],
)
def test_a_split_refuses_wrong_arrays(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Split(images, labels)
    assert message in str(caught.value)


def _dataset() -> Dataset:
    third = (0.5, 0.5, 0.5)
    train, validation, test = (random_split(12, size=4, classes=3, seed=seed) for seed in range(3))
    return Dataset("made up", train, validation, test, num_classes=3, mean=third, std=third)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name"),
        ({"num_classes": 1}, "num_classes = 1"),
        ({"num_classes": 2}, "expected a class from 0 to 1"),
        ({"num_classes": 4}, "classes without training images = [3]"),
        ({"validation": random_split(4, size=5, classes=3)}, "validation image shape = (5, 5, 3)"),
        ({"test": random_split(8, size=4, classes=8)}, "test labels"),
        ({"mean": (0.5, 0.5)}, "mean"),
        ({"mean": (0.5, 0.5, float("nan"))}, "mean"),
        ({"classes": ("cat", "dog")}, "classes = ('cat', 'dog'): expected 3 names"),
        ({"std": (0.5, 0.0, 0.5)}, "images that vary in every channel"),
    ],
)
def test_a_dataset_refuses_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(_dataset(), **changes)
    assert message in str(caught.value)


def test_classes_without_names_are_named_by_their_numbers() -> None:
    assert _dataset().classes == ("0", "1", "2")
    assert replace(_dataset(), classes=("cat", "dog", "bird")).classes == ("cat", "dog", "bird")


def test_a_dataset_refuses_splits_in_the_same_memory() -> None:
    dataset = _dataset()
    overlapping = Split(dataset.train.images[3:6], dataset.train.labels[3:6])
    with pytest.raises(InputError, match="view of train.images"):
        replace(dataset, validation=overlapping)


def test_a_label_below_zero_is_named_with_its_place() -> None:
    dataset = _dataset()
    labels = dataset.test.labels.copy()
    labels[5] = -1
    with pytest.raises(InputError, match=r"test labels\[5\] = -1: expected a class from 0 to 2"):
        replace(dataset, test=Split(dataset.test.images, labels))


def test_the_validation_split_follows_unequal_classes_and_keeps_the_order() -> None:
    labels = np.repeat(np.arange(3), [60, 30, 10]).astype(np.int32)
    images = np.zeros((100, 2, 2, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(100)  # each image tells where it was
    rest, part = split_off(Split(images, labels), 3, 20, seed=5)
    assert np.bincount(part.labels).tolist() == [12, 6, 2]
    positions = part.images[:, 0, 0, 0].astype(int), rest.images[:, 0, 0, 0].astype(int)
    assert all((np.diff(places) > 0).all() for places in positions)
    assert sorted(np.concatenate(positions).tolist()) == list(range(100))


def test_the_validation_split_leaves_an_image_of_each_class() -> None:
    split = random_split(12, size=2, classes=4)
    rest, part = split_off(split, 4, 8, seed=0)
    assert sorted(rest.labels.tolist()) == [0, 1, 2, 3]
    assert len(part) == 8
    with pytest.raises(InputError, match="validation_size = 9: expected a whole number from 0 to 8"):
        split_off(split, 4, 9, seed=0)


def test_every_image_can_become_a_validation_image() -> None:
    split = random_split(12, size=2, classes=2)
    seen = {image for seed in range(60) for image, _ in sorted_images(split_off(split, 2, 4, seed)[1])}
    assert len(seen) == 12


def test_channel_statistics_agree_with_numpy() -> None:
    images = random_split(7, size=5).images // np.array([1, 2, 3], np.uint8)
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(std, (images / 255).std(axis=(0, 1, 2)), rtol=1e-12)
