"""Keeps decoded images, so that a data set is decoded once and not at every start.

One uncompressed .npz a source: it is replaced at once, and its checksums tell a damaged file. The cache is never
needed: what cannot be read is decoded again, and what cannot be written is not kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from econas_jax.data.dataset import Split, TrainTest
from econas_jax.data.npz_file import read_arrays
from econas_jax.data.paths import cache_folder
from econas_jax.errors import InputError
from econas_jax.files import written_at_once

FORMAT = 1  # raise it when decoding changes, so that what older versions kept is decoded anew


def cached(source: Path, files: Sequence[Path], decode: Callable[[], TrainTest]) -> TrainTest:
    """What `decode()` returns, from the cache if `source` and the sizes and times of its `files` are unchanged."""
    folder = cache_folder()
    if folder is None:
        return decode()
    target = folder / f"decoded-{hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]}.npz"
    fingerprint = _fingerprint(source, files)
    kept = _read(target, fingerprint)
    if kept is not None:
        return kept
    decoded = decode()
    try:
        _write(target, fingerprint, decoded)
    except OSError as error:
        logging.getLogger(__name__).warning("decoded images are not kept for the next start: %s", error)
    return decoded


def _fingerprint(source: Path, files: Sequence[Path]) -> str:
    states = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(files)]
    return json.dumps([FORMAT, str(source.resolve()), states])


def _read(target: Path, fingerprint: str) -> TrainTest | None:
    """The splits kept in the file, or None if it is absent, of another state of the source, or damaged."""
    try:
        arrays = read_arrays(target)
        if str(arrays["fingerprint"]) != fingerprint:
            return None
        # What is wrong with another file is found by Split.
        train = Split(arrays["train_images"], arrays["train_labels"])  # type: ignore[arg-type]
        test = Split(arrays["test_images"], arrays["test_labels"])  # type: ignore[arg-type]
    except (InputError, KeyError):
        return None
    return TrainTest(train, test)


def _write(target: Path, fingerprint: str, decoded: TrainTest) -> None:
    with written_at_once(target) as file:
        np.savez(
            file,
            fingerprint=np.array(fingerprint),
            train_images=decoded.train.images,
            train_labels=decoded.train.labels,
            test_images=decoded.test.images,
            test_labels=decoded.test.labels,
        )
