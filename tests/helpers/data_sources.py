"""Small data sets on disk in every form the loaders read, made from known random images."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from econas_jax.data import cifar10_binary
from econas_jax.data.dataset import Split, TrainTest

RECORDS = 20  # in each file of a small CIFAR-10 in binary form, instead of 10,000


def random_split(count: int, *, size: int = 32, classes: int = 10, seed: int = 0) -> Split:
    """Random images, as many of each class as possible, in shuffled order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % classes).astype(np.int32)
    return Split(rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8), labels)


def small_cifar10() -> TrainTest:
    """What the small files below hold."""
    return TrainTest(random_split(5 * RECORDS, seed=1), random_split(RECORDS, seed=2))


def cifar10_binary_files(images: TrainTest) -> dict[str, bytes]:
    """The six files of the official binary version, written record by record."""
    files = {"test_batch.bin": _records(images.test)}
    for number in range(5):
        part = images.train.take(np.arange(number * RECORDS, (number + 1) * RECORDS))
        files[f"data_batch_{number + 1}.bin"] = _records(part)
    return files


def write_cifar10_folder(folder: Path, images: TrainTest) -> Path:
    """As the archive unpacks."""
    batches = folder / "cifar-10-batches-bin"
    batches.mkdir(parents=True)
    for name, content in cifar10_binary_files(images).items():
        (batches / name).write_bytes(content)
    return folder


def write_archive(file: Path, members: dict[str, bytes]) -> Path:
    """A .tar.gz of these members."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def write_cifar10_archive(file: Path, images: TrainTest) -> Path:
    """As it is published, with a file more than the six."""
    members = {f"cifar-10-batches-bin/{name}": content for name, content in cifar10_binary_files(images).items()}
    return write_archive(file, {"cifar-10-batches-bin/readme.html": b"<html>", **members})


def isolate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files, and no place of the user's that is looked at or written to."""
    monkeypatch.setattr(cifar10_binary, "RECORDS_PER_FILE", RECORDS)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ECONAS_JAX_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)


def write_image_folder(folder: Path, split: Split) -> Path:
    """<class>/<number>.png; classes are named class0, class1, ..."""
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        class_folder = folder / f"class{label}"
        class_folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(class_folder / f"{number:04}.png")
    return folder


def png(image: npt.NDArray[np.uint8]) -> bytes:
    """The image as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "png")
    return stream.getvalue()


def sorted_images(*splits: Split) -> list[tuple[bytes, int]]:
    """All images with their labels, in an order that does not depend on theirs."""
    images = [image.tobytes() for split in splits for image in split.images]
    labels = [int(label) for split in splits for label in split.labels]
    return sorted(zip(images, labels, strict=True))


def _records(split: Split) -> bytes:
    pairs = zip(split.images, split.labels, strict=True)
    return b"".join(bytes([label]) + image.transpose(2, 0, 1).tobytes() for image, label in pairs)
