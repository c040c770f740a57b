"""A table of accuracies: what training would give, for every architecture of a space and every number of epochs.

The file is NumPy's .npz without pickled objects. Arrays, a row for each architecture (`Rows` says which):

- `validation_accuracy`, floats [architectures, epochs]: after 1, 2, ... epochs, a fraction of 1; NaN: it diverged
- `test_accuracy`, floats [architectures]: of the architecture trained in full
- `operations`, texts: the space's, in the order that makes the rows
- `seconds`, floats [architectures], may be absent: of an epoch of training
- `parameters` and `multiply_adds`, whole numbers [architectures], may be absent
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from econas_jax.data.npz_file import read_arrays
from econas_jax.data.paths import existing_path
from econas_jax.errors import require
from econas_jax.files import written_at_once

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

REQUIRED = ("validation_accuracy", "test_accuracy", "operations")
OPTIONAL = ("seconds", "parameters", "multiply_adds")
WHOLE = ("iu", "whole numbers")
KINDS = {"operations": ("U", "texts"), "parameters": WHOLE, "multiply_adds": WHOLE}  # of dtypes; the others are floats


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """The arrays of a table's file, checked; raises InputError, with the array's name, for arrays that make none."""

    validation_accuracy: Floats  # [architectures, epochs]
    test_accuracy: Floats  # [architectures]
    operations: tuple[str, ...]
    seconds: Floats | None = None  # [architectures], of an epoch
    parameters: Integers | None = None  # [architectures]
    multiply_adds: Integers | None = None  # [architectures]

    def __post_init__(self) -> None:
        shape = self.validation_accuracy.shape
        require(len(shape) == 2 and min(shape) > 0, "table.validation_accuracy", shape, "[architectures, epochs]")
        for name in ("test_accuracy", *OPTIONAL):
            values = getattr(self, name)
            if values is not None:
                require(values.shape == shape[:1], f"table.{name}", values.shape, f"{shape[:1]}, one an architecture")
        for name in ("validation_accuracy", "test_accuracy"):
            values = getattr(self, name)
            outside = values[(values < 0) | (values > 1) | np.isinf(values)]
            require(outside.size == 0, f"table.{name}", outside[:1].tolist(), "fractions of 1, or NaN")
        if self.seconds is not None:
            positive = bool((self.seconds > 0).all() and np.isfinite(self.seconds).all())
            require(positive, "table.seconds", "a number that is none or not above 0", "positive numbers")
        for name in ("parameters", "multiply_adds"):
            values = getattr(self, name)
            require(values is None or bool((values >= 0).all()), f"table.{name}", "a negative number", "none")

    @property
    def architectures(self) -> int:
        """The number of rows."""
        return len(self.test_accuracy)

    @property
    def epochs(self) -> int:
        """The most epochs that the table tells of."""
        return int(self.validation_accuracy.shape[1])

    # Lists, for an item of a list is read ten times as fast as one of an array; made once for all searches.
    @functools.cached_property
    def accuracy_lists(self) -> list[list[float]]:
        """The validation accuracies as Python's numbers."""
        return self.validation_accuracy.tolist()

    @functools.cached_property
    def seconds_list(self) -> list[float] | None:
        """The seconds of an epoch as Python's numbers; None where the table has none."""
        return None if self.seconds is None else self.seconds.tolist()

    @functools.cached_property
    def cost_lists(self) -> tuple[list[int], list[int]] | None:
        """Parameters and multiply-adds as Python's numbers; None where the table lacks one of them."""
        if self.parameters is None or self.multiply_adds is None:
            return None
        return self.parameters.tolist(), self.multiply_adds.tolist()


def save_table(path: Path, table: Table) -> None:
    """Writes a table's file, whole or not at all. Raises OSError."""
    arrays: dict[str, Any] = {field.name: getattr(table, field.name) for field in dataclasses.fields(table)}
    present = {name: np.asarray(values) for name, values in arrays.items() if values is not None}
    with written_at_once(path) as file:
        np.savez_compressed(file, allow_pickle=False, **present)


def load_table(path: Path) -> Table:
    """Reads a table's file; raises InputError, which names the file or the array, for anything else."""
    arrays = read_arrays(existing_path(path, "the .npz file of a table"))
    missing = [name for name in REQUIRED if name not in arrays]
    require(not missing, "table", str(path), "a file with the arrays " + ", ".join(missing))
    unknown = sorted(set(arrays) - {*REQUIRED, *OPTIONAL})
    require(not unknown, "table", unknown, "arrays among " + ", ".join((*REQUIRED, *OPTIONAL)))
    for name, values in arrays.items():
        kinds, words = KINDS.get(name, ("f", "floats"))
        require(values.dtype.kind in kinds, f"table.{name}", str(values.dtype), words)
    operations = tuple(arrays.pop("operations").ravel().tolist())
    whole = {name: arrays.pop(name).astype(np.int64) for name in ("parameters", "multiply_adds") if name in arrays}
    floats = {name: values.astype(np.float64) for name, values in arrays.items()}
    return Table(operations=operations, **whole, **floats)  # type: ignore[arg-type]


def fingerprint(path: Path) -> str:
    """Returns the SHA-256 of a table's file, by which a search knows it again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
