"""Tests of CIFAR-10 in its forms: the binary archive and folder, or by download."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_sources import (
    RECORDS,
    cifar10_binary_files,
    isolate,
    random_split,
    small_cifar10,
    write_archive,
    write_cifar10_archive,
    write_cifar10_folder,
)

from econas_jax.data import cifar10, cifar10_binary, cifar10_tfds
from econas_jax.data.cifar10 import load_cifar10
from econas_jax.data.dataset import Dataset
from econas_jax.data.download import RemoteFile
from econas_jax.errors import InputError

IMAGES = small_cifar10()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path, monkeypatch)


def _assert_all_there(dataset: Dataset) -> None:
    np.testing.assert_array_equal(dataset.train.images, IMAGES.train.images)
    np.testing.assert_array_equal(dataset.train.labels, IMAGES.train.labels)
    np.testing.assert_array_equal(dataset.test.images, IMAGES.test.images)
    np.testing.assert_array_equal(dataset.test.labels, IMAGES.test.labels)


def test_the_binary_folder_is_read(tmp_path: Path) -> None:
    write_cifar10_folder(tmp_path / "data", IMAGES)
    _assert_all_there(load_cifar10(tmp_path / "data", validation_size=0))
    _assert_all_there(load_cifar10(str(tmp_path / "data" / "cifar-10-batches-bin"), validation_size=0))
    assert not (tmp_path / "cache").exists()  # nothing to decode, nothing to keep


def test_the_archive_is_read_and_its_decoded_images_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_cifar10_archive(tmp_path / "data" / "cifar-10-binary.tar.gz", IMAGES)
    _assert_all_there(load_cifar10(archive, validation_size=0))
    monkeypatch.setattr(cifar10_binary, "_records", None)  # decoding again would fail
    _assert_all_there(load_cifar10(archive, validation_size=0))
    _assert_all_there(load_cifar10(tmp_path / "data", validation_size=0))
    assert list(tmp_path.glob("data/*")) == [archive]


def test_without_a_path_the_usual_places_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, cache, variable = (IMAGES._replace(test=random_split(RECORDS, seed=seed)) for seed in (7, 8, 9))
    places = [
        (write_cifar10_folder(tmp_path / "cache", cache), cache),
        (write_cifar10_folder(tmp_path / "home" / "tensorflow_datasets", home), home),
        (write_cifar10_folder(tmp_path / "variable", variable), variable),
    ]
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "variable"))
    for folder, expected in reversed(places):  # the last is preferred; without it the one before
        np.testing.assert_array_equal(load_cifar10(validation_size=0).test.images, expected.test.images)
        shutil.rmtree(folder)


def test_a_place_that_cannot_be_read_does_not_hide_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "tensorflow_datasets" / "cifar10" / "3.0.2"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text(json.dumps({"name": "cifar10", "fileFormat": "tfrecord"}))
    with pytest.raises(InputError, match="array_record"):
        load_cifar10()
    write_cifar10_folder(tmp_path / "cache", IMAGES)
    _assert_all_there(load_cifar10(validation_size=0))


def test_nothing_found_is_one_line_with_the_three_ways(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_cifar10()
    for part in ("TFDS data_dir", "cifar-10-binary.tar.gz", "download=True", "$TFDS_DATA_DIR", str(tmp_path / "cache")):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    for path in (tmp_path, tmp_path / "absent", "x" * 5000):
        with pytest.raises(InputError, match="path"):
            load_cifar10(path)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cifar10_tfds, "find_version", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("name", ["cifar-10-batches-py/data_batch_1", "cifar-10-python.tar.gz"])
def test_the_pickled_version_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "data" / name
    file.parent.mkdir(parents=True)
    write_archive(file, {"cifar-10-batches-py/data_batch_1": b"pickled"})
    for path in {tmp_path / "data", file.parent}:
        with pytest.raises(InputError, match="pickles are not read"):
            load_cifar10(path)
    if name.endswith(".gz"):
        with pytest.raises(InputError, match="pickles are not read"):
            load_cifar10(file)


def _without_last_file(files: dict[str, bytes]) -> None:
    files.pop("data_batch_5.bin")


def _with_a_short_file(files: dict[str, bytes]) -> None:
    files["data_batch_2.bin"] = files["data_batch_2.bin"][:-1]


def _with_a_wrong_label(files: dict[str, bytes]) -> None:
    files["data_batch_2.bin"] = b"\x0a" + files["data_batch_2.bin"][1:]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_last_file, "data_batch_5.bin"),
        (_with_a_short_file, "bytes of data_batch_2.bin = 61459: expected 61460"),
        (_with_a_wrong_label, r"labels of data_batch_2.bin\[0\] = 10: expected a class from 0 to 9"),
    ],
)
def test_incomplete_or_wrong_binary_files_are_refused(tmp_path: Path, spoil: Any, message: str) -> None:
    files = cifar10_binary_files(IMAGES)
    spoil(files)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_cifar10(tmp_path)
    with pytest.raises(InputError, match=message):
        load_cifar10(write_archive(tmp_path / "other.tar.gz", files))


@pytest.mark.parametrize("keep", [0, 20, 10_000])
def test_a_file_that_is_no_whole_archive_is_refused(tmp_path: Path, keep: int) -> None:
    file = write_cifar10_archive(tmp_path / "cifar-10-binary.tar.gz", IMAGES)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError, match="path"):
        load_cifar10(file)


def test_a_member_outside_the_archives_folder_is_not_written_anywhere(tmp_path: Path) -> None:
    members = {f"../../{name}": content for name, content in cifar10_binary_files(IMAGES).items()}
    archive = write_archive(tmp_path / "a" / "b" / "c.tar.gz", members)
    _assert_all_there(load_cifar10(archive, validation_size=0))
    assert not (tmp_path / "test_batch.bin").exists()


@pytest.mark.parametrize("given", [True, False])
def test_download_happens_only_when_asked_for_and_nothing_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    archive = write_cifar10_archive(tmp_path / "server" / "cifar-10-binary.tar.gz", IMAGES)
    content = archive.read_bytes()
    remote = RemoteFile(archive.as_uri(), len(content), hashlib.sha256(content).hexdigest())
    fetched: list[Path] = []

    def fetch(file: RemoteFile, target: Path) -> None:
        assert file == remote
        fetched.append(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive, target)

    monkeypatch.setattr(cifar10, "ARCHIVE", remote)
    monkeypatch.setattr(cifar10, "fetch", fetch)
    path = tmp_path / "new" if given else None
    with pytest.raises(InputError):
        load_cifar10(path)
    _assert_all_there(load_cifar10(path, download=True, validation_size=0))
    _assert_all_there(load_cifar10(path, download=True, validation_size=0))
    assert fetched == [(tmp_path / "new" if given else tmp_path / "cache") / "cifar-10-binary.tar.gz"]


def test_the_archive_to_download_is_the_official_one() -> None:
    assert cifar10.ARCHIVE.url == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    assert cifar10.ARCHIVE.size == 170_052_171
    assert cifar10.ARCHIVE.sha256 == "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
