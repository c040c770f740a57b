"""CIFAR-10, from whichever form of it the user has, or by download when asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from econas_jax.data import cifar10_binary, cifar10_tfds
from econas_jax.data.assembly import assemble
from econas_jax.data.dataset import Dataset, TrainTest
from econas_jax.data.decoded_cache import cached
from econas_jax.data.download import RemoteFile, fetch
from econas_jax.data.paths import cache_folder, exists, home_path, user_path
from econas_jax.errors import InputError, require

ARCHIVE = RemoteFile(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    size=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
ARCHIVE_NAME = "cifar-10-binary.tar.gz"
MEAN = (0.49139968, 0.48215827, 0.44653124)  # published, of the 50,000 training images (DARTS, EcoNAS's released code)
STD = (0.24703233, 0.24348505, 0.26158768)
VALIDATION_SIZE = 5_000
# In the order of the labels, as batches.meta.txt of the official archive has them.
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

FORMS = f"a TFDS data_dir with cifar10 in array_record format, {ARCHIVE_NAME}, or the folder unpacked from it"


def load_cifar10(
    path: str | os.PathLike[str] | None = None,
    *,
    validation_size: int | None = None,
    seed: int = 0,
    download: bool = False,
) -> Dataset:
    """60,000 images of 32x32 pixels in 10 classes, 10,000 of them for testing.

    Args:
        path: a TFDS data_dir (or its `cifar10` or version folder), `cifar-10-binary.tar.gz`, or a folder with that
            archive or its files. None looks in $TFDS_DATA_DIR, ~/tensorflow_datasets and the cache folder.
        validation_size: how many of the 50,000 training images become validation images; None: 5,000.
        seed: chooses them.
        download: if nothing is found, fetch the archive (170 MB, from a slow server) into `path`, a folder, or into the
            cache folder. Never without this.

    Raises:
        InputError: nothing found, files that are damaged or of another kind, a download that failed.
    """
    images = _find_or_download(path, download).load()
    return assemble(
        "cifar10",
        images.train,
        num_classes=10,
        test=images.test,
        validation_size=VALIDATION_SIZE if validation_size is None else validation_size,
        seed=seed,
        normalization=(MEAN, STD),
        classes=CLASSES,
    )


@dataclass(frozen=True)
class _Source:
    """Where CIFAR-10 was found, and what reads it."""

    path: Path
    read: Callable[[Path], TrainTest]
    keep: bool  # whether decoding takes so long that the decoded images are worth keeping

    def load(self) -> TrainTest:
        if not self.keep:
            return self.read(self.path)
        files = [self.path] if self.path.is_file() else [file for file in self.path.iterdir() if file.is_file()]
        return cached(self.path, files, lambda: self.read(self.path))


def _find_or_download(path: object, download: bool) -> _Source:
    places = list(_usual_places()) if path is None else [user_path(path, FORMS)]
    refusal: InputError | None = None  # the first place with something that looks like CIFAR-10 but cannot be read
    for place in places:
        try:
            found = _find(place)
        except InputError as error:
            refusal = refusal or error
        except OSError as error:
            refusal = refusal or InputError("path", str(place), f"{FORMS} ({error.strerror})")
        else:
            if found:
                return found
    if not download:
        raise refusal or _nothing_found(path)
    folder = cache_folder() if path is None else places[0]
    if folder is None:
        raise _nothing_found(path)
    fetch(ARCHIVE, folder / ARCHIVE_NAME)
    return _archive(folder / ARCHIVE_NAME)


def _find(place: Path) -> _Source | None:
    """CIFAR-10 at a place that may not exist, the original before TFDS; the pickled version is refused by name."""
    if not exists(place):
        return None
    if place.is_file():
        return _archive(place)
    for folder in (place, place / "cifar-10-batches-bin"):
        if (folder / cifar10_binary.TEST_FILE).is_file():
            return _Source(folder, cifar10_binary.read_folder, keep=False)
    if (place / ARCHIVE_NAME).is_file():
        return _archive(place / ARCHIVE_NAME)
    version = cifar10_tfds.find_version(place)
    if version is not None:
        return _Source(version, cifar10_tfds.read_prepared, keep=True)
    pickled = [name for name in ("cifar-10-batches-py", "cifar-10-python.tar.gz") if (place / name).exists()]
    require(not pickled and place.name != "cifar-10-batches-py", "path", str(place), cifar10_binary.NO_PICKLE)
    return None


def _archive(file: Path) -> _Source:
    return _Source(file, cifar10_binary.read_archive, keep=True)


def _usual_places() -> Iterator[Path]:
    if os.environ.get("TFDS_DATA_DIR"):
        yield user_path(os.environ["TFDS_DATA_DIR"], FORMS)
    yield from filter(None, (home_path("~/tensorflow_datasets"), cache_folder()))


def _nothing_found(path: object) -> InputError:
    if path is not None:
        return InputError("path", str(path), FORMS)
    places = f"$TFDS_DATA_DIR, ~/tensorflow_datasets or {cache_folder()}"
    return InputError("path", None, f"{FORMS}, or download=True (170 MB); nothing was found in {places}")
