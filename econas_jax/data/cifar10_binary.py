"""CIFAR-10's official binary version, as the archive it comes in or as the folder unpacked from it.

A record is one byte of label and 3,072 of pixels: red, green and blue planes of 32x32, row by row.
Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from econas_jax.data.dataset import Split, TrainTest, check_label_range
from econas_jax.errors import InputError, require

TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"
RECORD_BYTES = 1 + 3 * 32 * 32
RECORDS_PER_FILE = 10_000

NO_PICKLE = "the binary version (cifar-10-binary.tar.gz); the one for Python is pickled, and pickles are not read"


def read_folder(folder: Path) -> TrainTest:
    """The six files of a folder. Raises InputError if one is missing or not as it should be."""

    def read(name: str) -> bytes:
        try:
            return (folder / name).read_bytes()
        except OSError as error:
            raise InputError("path", str(folder), f"CIFAR-10's binary files; {name}: {error.strerror}") from error

    return _assemble(read, str(folder))


def read_archive(file: Path) -> TrainTest:
    """The six files of a .tar.gz, read in memory: nothing is unpacked to disk.

    Raises:
        InputError: no readable archive, another archive (the pickled one is named), a file that is not as it should be.
    """
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(file, "r:*") as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                require("cifar-10-batches-py" not in member.name, "path", str(file), NO_PICKLE)
                # The size is checked before reading: a small archive can claim any size.
                if member.isfile() and name in (*TRAIN_FILES, TEST_FILE):
                    _check_length(member.size, name, str(file))
                    stream = archive.extractfile(member)
                    contents[name] = stream.read() if stream else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise InputError("path", str(file), f"a complete cifar-10-binary.tar.gz ({error})") from error

    def read(name: str) -> bytes:
        require(name in contents, "path", str(file), f"CIFAR-10's binary archive; it has no {name}")
        return contents.pop(name)  # not kept: all six files are 184 MB

    return _assemble(read, str(file))


def _assemble(read: Callable[[str], bytes], source: str) -> TrainTest:
    parts = [_records(read(name), name, source) for name in TRAIN_FILES]
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    return TrainTest(Split(images, labels), _records(read(TEST_FILE), TEST_FILE, source))


def _records(content: bytes, name: str, source: str) -> Split:
    _check_length(len(content), name, source)
    records = np.frombuffer(content, np.uint8).reshape(RECORDS_PER_FILE, RECORD_BYTES)
    labels = records[:, 0].astype(np.int32)
    check_label_range(f"{source}: labels of {name}", labels, 10)
    planes = records[:, 1:].reshape(RECORDS_PER_FILE, 3, 32, 32)
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels)


def _check_length(length: int, name: str, source: str) -> None:
    expected = RECORDS_PER_FILE * RECORD_BYTES
    require(length == expected, f"{source}: bytes of {name}", length, str(expected))
