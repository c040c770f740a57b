"""Tests of CIFAR-10 as prepared by TFDS: a small copy made here, and the whole one where there is data."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_sources import RECORDS, isolate, png, small_cifar10
from tfds_source import prepare_cifar10

from econas_jax.data import cifar10_tfds
from econas_jax.data.cifar10 import load_cifar10
from econas_jax.errors import InputError

IMAGES = small_cifar10()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_cifar10(tmp_path_factory.mktemp("tfds"), IMAGES)


def test_tfds_is_read_from_each_of_its_folders(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # TFDS shuffles by key: compared by content.
    versions = prepared, prepared / "cifar10", prepared / "cifar10" / "3.0.2"
    datasets = [load_cifar10(folder, validation_size=0) for folder in versions]
    expected = {image.tobytes(): label for image, label in zip(IMAGES.train.images, IMAGES.train.labels, strict=True)}
    for dataset in datasets:
        assert (len(dataset.train), len(dataset.test)) == (5 * RECORDS, RECORDS)
        found = dict(zip((image.tobytes() for image in dataset.train.images), dataset.train.labels, strict=True))
        assert found == expected
    monkeypatch.setattr(cifar10_tfds, "_decode", None)  # decoding again would fail, but for the cache
    np.testing.assert_array_equal(load_cifar10(prepared, validation_size=0).train.images, datasets[0].train.images)


def test_the_newest_readable_tfds_version_is_taken(prepared: Path, tmp_path: Path) -> None:
    for name, file_format in (("3.0.10", "array_record"), ("3.0.9", "array_record"), ("4.0.0", "tfrecord")):
        folder = tmp_path / "tfds" / "cifar10" / name
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").write_text(json.dumps({"name": "cifar10", "fileFormat": file_format}))
    (tmp_path / "tfds" / "cifar10" / "incomplete").mkdir()
    assert cifar10_tfds.find_version(tmp_path / "tfds") == tmp_path / "tfds" / "cifar10" / "3.0.10"
    assert cifar10_tfds.find_version(prepared / "cifar10") == prepared / "cifar10" / "3.0.2"


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"name": "cifar10", "fileFormat": "tfrecord"}, "expected array_record: prepare it with"),
        ({"name": "cifar10"}, "expected array_record"),
        ({"name": "mnist", "fileFormat": "array_record"}, "'mnist': expected cifar10"),
        ([], "expected cifar10"),
        (None, "a readable dataset_info.json"),
    ],
)
def test_other_tfds_folders_are_refused(tmp_path: Path, info: Any, message: str) -> None:
    folder = tmp_path / "tfds" / "cifar10" / "3.0.2"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{" if info is None else json.dumps(info))
    with pytest.raises(InputError) as caught:
        load_cifar10(tmp_path / "tfds")
    assert message in str(caught.value)


@pytest.mark.parametrize("damage", ["missing", "truncated", "info"])
def test_a_damaged_tfds_folder_is_refused(prepared: Path, tmp_path: Path, damage: str) -> None:
    shutil.copytree(prepared, tmp_path / "tfds")
    version = tmp_path / "tfds" / "cifar10" / "3.0.2"
    shard = next(version.glob("*train*"))
    if damage == "missing":
        shard.unlink()
    elif damage == "truncated":
        shard.write_bytes(shard.read_bytes()[:-70_000])
    else:
        (version / "features.json").write_text("{}")
    with pytest.raises(InputError, match="a complete TFDS copy of CIFAR-10"):
        load_cifar10(tmp_path / "tfds")


def test_images_of_another_size_in_tfds_are_refused(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = png(np.zeros((32, 33, 3), np.uint8))
    monkeypatch.setattr(io, "BytesIO", lambda content, original=io.BytesIO: original(wide))
    with pytest.raises(InputError, match="a complete TFDS copy of CIFAR-10"):
        load_cifar10(prepared)


@pytest.mark.slow
def test_all_real_images_are_read(data_directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    if not (data_directory / "tfds" / "cifar10").is_dir():
        pytest.skip(f"no CIFAR-10: {data_directory / 'tfds' / 'cifar10'} is not a folder")
    with caplog.at_level(logging.WARNING):
        dataset = load_cifar10(data_directory / "tfds")
    assert not caplog.records
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (45_000, 5_000, 10_000)
    assert np.bincount(dataset.train.labels).tolist() == [4500] * 10
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10
    # A JPEG copy would do: near the published constants, not equal to them.
    values = dataset.train.images[::10].astype(np.float64) / 255
    np.testing.assert_allclose(values.mean(axis=(0, 1, 2)), dataset.mean, atol=0.01)
    np.testing.assert_allclose(values.std(axis=(0, 1, 2)), dataset.std, atol=0.01)
    kept = list(Path(os.environ["ECONAS_JAX_CACHE"]).iterdir())
    assert [file.suffix for file in kept] == [".npz"]
    labels = data_directory / "tfds" / "cifar10" / "3.0.2" / "label.labels.txt"  # TFDS's own list
    assert list(dataset.classes) == labels.read_text().split()
    again = load_cifar10(data_directory / "tfds")
    np.testing.assert_array_equal(again.train.images, dataset.train.images)
    np.testing.assert_array_equal(again.validation.labels, dataset.validation.labels)
