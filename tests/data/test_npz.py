"""Tests of the user's arrays."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_sources import random_split

from econas_jax.data import npz_file
from econas_jax.data.npz import load_npz
from econas_jax.errors import InputError

TRAIN = random_split(40, size=6, classes=4, seed=0)
OTHER = random_split(12, size=6, classes=4, seed=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data.npz"


def _save(file: Path, **changes: Any) -> None:
    """The training arrays with changes; a change to None leaves the array out."""
    arrays = {"train_images": TRAIN.images, "train_labels": TRAIN.labels, **changes}
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})


def test_training_arrays_alone_give_a_fifth_for_validation_and_no_test_images(file: Path) -> None:
    _save(file)
    dataset = load_npz(file)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (32, 8, 0)
    assert dataset.num_classes == 4


def test_given_splits_are_taken_as_they_are(file: Path) -> None:
    _save(
        file,
        validation_images=OTHER.images[:8],
        validation_labels=OTHER.labels[:8],
        test_images=OTHER.images[8:],
        test_labels=OTHER.labels[8:],
    )
    dataset = load_npz(str(file))
    np.testing.assert_array_equal(dataset.train.images, TRAIN.images)
    np.testing.assert_array_equal(dataset.train.labels, TRAIN.labels)
    np.testing.assert_array_equal(dataset.validation.images, OTHER.images[:8])
    np.testing.assert_array_equal(dataset.test.labels, OTHER.labels[8:])
    with pytest.raises(InputError, match="validation_size = 4"):
        load_npz(file, validation_size=4)


@pytest.mark.parametrize("grey", [TRAIN.images[..., 0], TRAIN.images[..., :1]])
def test_grey_images_are_repeated_to_three_channels(file: Path, grey: Any) -> None:
    _save(file, train_images=grey)
    dataset = load_npz(file, validation_size=0)
    for channel in range(3):
        np.testing.assert_array_equal(dataset.train.images[..., channel], TRAIN.images[..., 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint64, ">i4"])
def test_labels_of_any_integer_type_are_taken(file: Path, dtype: Any) -> None:
    _save(file, train_labels=TRAIN.labels.astype(dtype))
    np.testing.assert_array_equal(load_npz(file, validation_size=0).train.labels, TRAIN.labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_labels": None}, "train_images and train_labels"),
        ({"validation_images": OTHER.images}, "validation_images and validation_labels"),
        ({"valid_images": OTHER.images}, "['valid_images']: expected only train_images"),
        ({"train_images": TRAIN.images / 255}, "train_images.dtype = 'float64': expected uint8"),
        ({"train_images": TRAIN.images.astype(np.int32)}, "expected uint8"),
        ({"train_images": TRAIN.images[:, 1:]}, "train_images.shape = (40, 5, 6, 3)"),
        ({"train_images": TRAIN.images[..., :2]}, "train_images.shape = (40, 6, 6, 2)"),
        ({"train_images": np.uint8(3)}, "train_images.shape = ()"),
        ({"train_images": np.zeros((0, 6, 6, 3), np.uint8), "train_labels": TRAIN.labels[:0]}, "at least one image"),
        ({"train_labels": TRAIN.labels.astype(float)}, "train_labels.dtype = 'float64': expected whole numbers"),
        ({"train_labels": TRAIN.labels[:, np.newaxis]}, "train_labels.shape = (40, 1)"),
        ({"train_labels": TRAIN.labels[1:]}, "train_labels.shape = (39,)"),
        ({"train_labels": TRAIN.labels - 1}, "] = -1: expected a class from 0"),
        ({"train_labels": TRAIN.labels.astype(np.uint64) + np.uint64(2**63)}, "expected a class from 0"),
        ({"train_labels": TRAIN.labels + (TRAIN.labels == 3)}, "classes without training images = [3]"),
        ({"train_labels": TRAIN.labels * 0}, "classes in train_labels = 1: expected at least 2"),
        ({"validation_images": OTHER.images[:0], "validation_labels": OTHER.labels[:0]}, "or no validation_images"),
        ({"validation_images": OTHER.images, "validation_labels": OTHER.labels + 1}, "validation labels"),
        ({"test_images": OTHER.images[:, :4, :4], "test_labels": OTHER.labels}, "test image shape = (4, 4, 3)"),
        (
            {"validation_images": TRAIN.images[7:9], "validation_labels": TRAIN.labels[7:9]},
            "2 training images among them",
        ),
        ({"train_images": np.full_like(TRAIN.images, 7)}, "images that vary in every channel"),
    ],
)
def test_wrong_arrays_are_refused(file: Path, changes: dict[str, Any], message: str) -> None:
    _save(file, **changes)
    with pytest.raises(InputError) as caught:
        load_npz(file)
    assert message in str(caught.value)


def test_pickled_objects_are_never_read(file: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "exploded",)

    np.savez(file, train_images=np.array([Bomb()], dtype=object), train_labels=TRAIN.labels)
    with pytest.raises(InputError, match="plain arrays"):
        load_npz(file)
    file.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="readable .npz file"):
        load_npz(file)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_other_files_are_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match="readable .npz file"):
        load_npz(file)


def test_a_single_array_a_folder_and_a_damaged_file_are_refused(file: Path, tmp_path: Path) -> None:
    _save(file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # in the images: found by the checksum
    file.write_bytes(content)
    np.save(tmp_path / "one.npy", TRAIN.images)
    for path in (file, tmp_path / "one.npy", tmp_path):
        with pytest.raises(InputError, match="readable .npz file"):
            load_npz(path)


def test_an_archive_that_claims_too_much_is_refused_before_it_is_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(file)
    monkeypatch.setattr(npz_file, "MAXIMUM_BYTES", 1000)
    with pytest.raises(InputError, match="at most 1000"):
        load_npz(file)


def test_a_header_that_claims_more_than_memory_is_refused(file: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**50, 6, 6, 3)})
    _save(file, train_images=None)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("train_images.npy", header.getvalue())
    with pytest.raises(InputError, match="readable .npz file"):
        load_npz(file)
