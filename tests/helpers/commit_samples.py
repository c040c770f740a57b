"""Commits with made-up fields and arrays, for tests of what keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.experiment.commit_reading import Arrays, Fields

Commit = tuple[Fields, Arrays]
SIZE = 7  # values of a candidate's state


def commit(number: int = 0) -> Commit:
    """A commit that differs from others in its fields and in its arrays."""
    vectors = np.random.default_rng(0).normal(size=(3, SIZE)).astype(np.float32) + np.float32(number)
    vectors[1, :3] = [np.nan, -0.0, 1e-45]
    fields = {
        "round": number,
        "seconds": 12.345678901234567 + number,
        "names": ["a", "ü", "\n"],
        "living": [11, 2, 7],
        "nothing": None,
        "nested": {"accuracy": 0.1 + 0.2, "flags": [True, False], "empty": {}},
    }
    return fields, {"vectors": vectors}


def without_arrays(number: int = 0) -> Commit:
    return {**commit(number)[0], "living": []}, {}


def assert_same(ours: tuple[Any, Any] | None, others: Commit) -> None:
    """Equal bit for bit."""
    assert ours is not None and ours[0] == others[0]
    assert ours[1].keys() == others[1].keys()
    for name, array in others[1].items():
        found: npt.NDArray[Any] = np.asarray(ours[1][name])
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()


def saved(folder: Path, numbers: int = 2) -> Path:
    """A folder with so many commits."""
    with Checkpoints(folder) as checkpoints:
        for number in range(numbers):
            checkpoints.save(*commit(number))
    return folder
