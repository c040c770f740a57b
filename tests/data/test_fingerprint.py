"""Tests of fingerprints: the content counts, all of it, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from data_sources import random_split, write_image_folder

from econas_jax.data import Dataset, Split, fingerprints, load_dataset
from econas_jax.data.fingerprint import fingerprint

SPLIT = random_split(30, size=6, classes=3)
Array = npt.NDArray[Any]


def _npz(file: Path, images: Array = SPLIT.images, labels: Array = SPLIT.labels) -> dict[str, str]:
    np.savez(file, train_images=images, train_labels=labels)
    return fingerprints(load_dataset("npz", path=file))


def test_the_same_content_from_another_path_or_source_has_the_same_fingerprint(tmp_path: Path) -> None:
    there = _npz(tmp_path / "a.npz")
    (tmp_path / "elsewhere").mkdir()
    np.savez_compressed(tmp_path / "elsewhere" / "b.npz", train_labels=SPLIT.labels, train_images=SPLIT.images)
    here = fingerprints(load_dataset("npz", path=tmp_path / "elsewhere" / "b.npz"))
    assert there == here
    assert set(there) == {"train", "validation", "test"}
    ordered = SPLIT.take(np.argsort(SPLIT.labels, kind="stable"))  # as folders of classes are read
    folder = load_dataset("image_folder", path=write_image_folder(tmp_path / "images", ordered), image_size=6)
    assert fingerprints(folder) == _npz(tmp_path / "c.npz", ordered.images, ordered.labels)


def test_the_layout_in_memory_does_not_count() -> None:
    backwards = Split(SPLIT.images[::-1], SPLIT.labels[::-1])
    assert fingerprint(Split(backwards.images[::-1], backwards.labels[::-1])) == fingerprint(SPLIT)
    assert fingerprint(Split(np.asfortranarray(SPLIT.images), SPLIT.labels)) == fingerprint(SPLIT)


def _shuffled_labels(images: Array, labels: Array) -> None:
    labels[:] = np.roll(labels, 1)


def _one_label(images: Array, labels: Array) -> None:
    labels[0] = (labels[0] + 1) % 3


def _one_pixel(images: Array, labels: Array) -> None:
    images[7, 5, 5, 2] ^= 1


def _last_image(images: Array, labels: Array) -> None:
    images[-1] = 0


def _other_order(images: Array, labels: Array) -> None:
    images[:], labels[:] = images[::-1].copy(), labels[::-1].copy()


def _channels(images: Array, labels: Array) -> None:
    images[:] = images[..., ::-1].copy()


@pytest.mark.parametrize(
    "change", [_shuffled_labels, _one_label, _one_pixel, _last_image, _other_order, _channels], ids=lambda f: f.__name__
)
def test_any_other_content_has_another_fingerprint(tmp_path: Path, change: Callable[[Array, Array], None]) -> None:
    there = _npz(tmp_path / "data.npz")
    images, labels = SPLIT.images.copy(), SPLIT.labels.copy()
    change(images, labels)
    here = _npz(tmp_path / "data.npz", images, labels)  # the same path
    assert there["train"] != here["train"] or there["validation"] != here["validation"]


def test_other_shapes_of_the_same_bytes_have_other_fingerprints() -> None:
    one, four = np.zeros((1, 4, 4, 3), np.uint8), np.zeros((4, 2, 2, 3), np.uint8)
    assert fingerprint(Split(one, np.zeros(1, np.int32))) != fingerprint(Split(four, np.zeros(4, np.int32)))


def test_each_split_has_its_own_and_only_the_changed_one_differs() -> None:
    half = (0.5, 0.5, 0.5)
    train, validation, test = (random_split(12, size=4, classes=3, seed=seed) for seed in range(3))
    there = fingerprints(Dataset("made up", train, validation, test, 3, half, half))
    here = fingerprints(
        Dataset("made up", train, validation, random_split(12, size=4, classes=3, seed=3), 3, half, half)
    )
    assert len(set(there.values())) == 3
    assert {name for name in there if there[name] != here[name]} == {"test"}


def test_the_fingerprint_is_the_one_that_folders_already_hold() -> None:
    """Another way of computing it would refuse every folder there is."""
    split = Split(np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3), np.array([1, 0], np.int32))
    assert fingerprint(split) == hashlib.sha256(b"(2, 2, 2, 3)" + bytes(range(24)) + b"\1\0\0\0\0\0\0\0").hexdigest()
