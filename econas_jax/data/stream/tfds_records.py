"""The stored images of a split that TensorFlow Datasets prepared in array_record format; no TensorFlow is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from econas_jax.data.stream.records import Record
from econas_jax.errors import InputError, require

IMAGE, LABEL = "image", "label"  # the features of TFDS's image classification sets


class TfdsRecords:
    """The images of a split, by their places in its files."""

    def __init__(self, version: Path, split: str) -> None:
        self._version, self._split = version, split
        self._source: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_source": None}  # every process opens the files itself

    def __len__(self) -> int:
        return len(self._opened())

    def read(self, numbers: Sequence[int]) -> Iterator[Record]:
        """Yields the encoded images of these numbers; raises InputError for files that are damaged or missing."""
        numbers = [int(number) for number in numbers]
        try:
            examples = self._opened().__getitems__(numbers)
        except InputError:
            raise
        except Exception as error:  # the reader and its C++ part each raise types of their own
            raise _damaged(self._version, self._split, error) from error
        for number, example in zip(numbers, examples, strict=True):
            yield Record(example[IMAGE], f"{self._version}: {self._split}, image {number}", int(example[LABEL]))

    def labels(self) -> npt.NDArray[np.int32] | None:
        """Returns None: labels are stored with the images."""
        return None

    def identity(self) -> dict[str, Any]:
        """Returns the data set's name and version, and SHA-256 of the names and sizes of the split's files."""
        info = builder(self._version).info
        split = info.splits[self._split]
        digest = hashlib.sha256()
        for file in sorted(map(Path, split.filepaths)):
            digest.update(f"{file.name}\0{file.stat().st_size}\n".encode())
        version = str(info.version)
        return {"data_set": info.name, "version": version, "images": len(self), "names_and_sizes": digest.hexdigest()}

    def _opened(self) -> Any:
        if self._source is None:
            import tensorflow_datasets as tfds

            # Decoded by us: TFDS's choice of a decoder, and with it the pixels, depends on what else is installed.
            decoders = {IMAGE: tfds.decode.SkipDecoding()}
            try:
                self._source = builder(self._version).as_data_source(split=self._split, decoders=decoders)
            except Exception as error:
                raise _damaged(self._version, self._split, error) from error
        return self._source


def builder(version: Path) -> Any:
    """Opens a prepared data set; raises InputError unless it is one of labelled images."""
    import tensorflow_datasets as tfds

    try:
        opened = tfds.builder_from_directory(str(version))
    except Exception as error:
        raise InputError("path", str(version), f"a data set prepared by TFDS ({error})") from error
    features = opened.info.features or {}
    require(IMAGE in features and LABEL in features, "features", list(features), f"{IMAGE} and {LABEL} among them")
    return opened


def _damaged(version: Path, split: str, error: Exception) -> InputError:
    return InputError("path", str(version), f"a complete TFDS copy with a split {split} ({error})")
