"""Tests of the cache of decoded images: hits, changes of the source, damage, and a folder that cannot be written."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from data_sources import random_split

from econas_jax.data.dataset import TrainTest
from econas_jax.data.decoded_cache import cached
from econas_jax.data.paths import cache_folder


class Source:
    """A made-up source of one file that counts how often it is decoded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "images.bin"
        folder.mkdir()
        self.file.write_bytes(b"encoded")
        self.decoded = 0

    def load(self) -> TrainTest:
        return cached(self.folder, [self.file], self._decode)

    def _decode(self) -> TrainTest:
        self.decoded += 1
        return TrainTest(random_split(6, size=4, seed=self.decoded), random_split(3, size=4, seed=0))


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("ECONAS_JAX_CACHE", str(tmp_path / "cache"))
    return Source(tmp_path / "source")


def _folder() -> Path:
    folder = cache_folder()
    assert folder is not None
    return folder


def _kept() -> Path:
    (file,) = _folder().iterdir()
    return file


def test_the_second_time_nothing_is_decoded(source: Source) -> None:
    first, second = source.load(), source.load()
    assert source.decoded == 1
    for made, read in zip(first, second, strict=True):
        np.testing.assert_array_equal(made.images, read.images)
        np.testing.assert_array_equal(made.labels, read.labels)


def test_a_changed_source_is_decoded_anew_and_replaces_the_old(source: Source) -> None:
    source.load()
    os.utime(source.file, ns=(0, 1))
    source.load()
    source.file.write_bytes(b"encoded otherwise")
    os.utime(source.file, ns=(0, 1))
    latest = source.load()
    assert source.decoded == 3
    np.testing.assert_array_equal(source.load().train.images, latest.train.images)
    assert source.decoded == 3
    assert _kept().suffix == ".npz"


def test_two_sources_do_not_share(source: Source, tmp_path: Path) -> None:
    other = Source(tmp_path / "other")
    source.load()
    other.load()
    assert (source.decoded, other.decoded) == (1, 1)


@pytest.mark.parametrize("damage", ["flipped bit", "truncated", "empty", "other arrays", "one array", "wrong type"])
def test_a_damaged_file_is_made_anew(source: Source, damage: str) -> None:
    expected = source.load().test.images
    file = _kept()
    content = bytearray(file.read_bytes())
    if damage == "flipped bit":
        content[content.index(expected.tobytes()) + 10] ^= 1
        file.write_bytes(content)
    elif damage == "truncated":
        file.write_bytes(content[:-50])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "other arrays":
        np.savez(file, images=expected)
    elif damage == "one array":
        with file.open("wb") as stream:
            np.save(stream, expected)
    else:
        with np.load(file) as archive:
            arrays = {name: archive[name] for name in archive.files}
        np.savez(file, **{**arrays, "train_labels": arrays["train_labels"].astype(np.float64)})
    source.load()
    assert source.decoded == 2
    np.testing.assert_array_equal(source.load().test.images, expected)
    assert source.decoded == 2


def test_a_folder_that_cannot_be_written_only_costs_time(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    _folder().write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        source.load()
        source.load()
    assert source.decoded == 2
    assert "decoded images are not kept" in caplog.text


def test_a_write_that_fails_leaves_nothing_behind(
    source: Source, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        source.load()
    assert "No space left" in caplog.text
    assert list(_folder().iterdir()) == []
    source.load()
    assert source.decoded == 2


def test_without_the_variable_the_cache_lies_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECONAS_JAX_CACHE", raising=False)
    assert _folder() == Path.home() / ".cache" / "econas_jax"
