"""The stored images of a split, before they are decoded: files of a folder, a few bytes a file in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from econas_jax.data.class_folders import SplitFiles
from econas_jax.errors import InputError

Numbers = npt.NDArray[np.int64]


class Record(NamedTuple):
    """One stored image."""

    content: str | bytes  # the path of an image file, or what such a file would hold
    name: str  # for messages
    label: int


class Records(Protocol):
    """The stored images of a split, by number; pickled, it is small enough to be sent to every reading process."""

    def __len__(self) -> int: ...

    def read(self, numbers: Sequence[int]) -> Iterator[Record]:
        """Yields the images of these numbers."""

    def labels(self) -> npt.NDArray[np.int32] | None:
        """Returns the labels of all images, or None where that would mean to read all of them."""

    def identity(self) -> dict[str, Any]:
        """Returns what tells these images from others without reading them, in JSON's types."""


class FolderRecords:
    """The image files of a split."""

    def __init__(self, root: str, split: SplitFiles) -> None:
        self._root = root
        # One text and not a million: a list of names would be ten times as large, in every process.
        names = [os.fsencode(file.name) for file, _ in split.files]
        self._names = b"".join(names)
        self._ends = np.cumsum([len(name) for name in names], dtype=np.int64)
        self._labels = np.array([label for _, label in split.files], np.int32)

    def __len__(self) -> int:
        return len(self._labels)

    def read(self, numbers: Sequence[int]) -> Iterator[Record]:
        """Yields the paths of these files; see `Records`."""
        for number in numbers:
            path = self._path(number)
            yield Record(path, path, int(self._labels[number]))

    def labels(self) -> npt.NDArray[np.int32]:
        """Returns the labels of all images."""
        return self._labels

    def identity(self) -> dict[str, Any]:
        """Returns the number of files, and SHA-256 of their names, sizes and labels: their content is not read.

        Raises InputError for a file that is gone.
        """
        digest, total = hashlib.sha256(), 0
        for number in range(len(self)):
            size = self._size(number)
            total += size
            digest.update(self._name(number) + f"\0{size} {self._labels[number]}\n".encode())
        return {"files": len(self), "bytes": total, "names_and_sizes": digest.hexdigest()}

    def _name(self, number: int) -> bytes:
        start = int(self._ends[number - 1]) if number else 0
        return self._names[start : int(self._ends[number])]

    def _path(self, number: int) -> str:
        return os.path.join(self._root, os.fsdecode(self._name(number)))

    def _size(self, number: int) -> int:
        path = self._path(number)
        try:
            return os.stat(path).st_size
        except OSError as error:
            raise InputError("image", path, f"a file that can be read ({error.strerror})") from error
