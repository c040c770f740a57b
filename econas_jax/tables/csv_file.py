"""Reads a table from CSV, the form in which results of experiments lie around.

The first line names the columns: `genotype`, `epochs`, `validation_accuracy`, `test_accuracy`, and if they are known
`seconds` (of an epoch), `parameters`, `multiply_adds`. There is a line for every architecture of the space and every
number of epochs from 1 on, in any order. An architecture's test accuracy and the numbers behind it stand on each of its
lines, equal. Accuracies are fractions of 1; an empty one, or nan, is that of a training that diverged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from econas_jax.errors import InputError, require
from econas_jax.spaces.space import Space
from econas_jax.tables.rows import Rows
from econas_jax.tables.table import OPTIONAL, Table

COLUMNS = ("genotype", "epochs", "validation_accuracy", "test_accuracy")
MAXIMUM_EPOCHS = 10_000


def read_csv_table(path: Path, space: Space[Any]) -> Table:
    """Returns the table of a CSV file; raises InputError, which names the line and the column, for anything else."""
    rows = Rows(space)
    accuracies: dict[tuple[int, int], float] = {}  # by row and epochs
    constants: dict[str, dict[int, float]] = {}  # by column, then by row
    for number, line in _lines(path):
        place = f"{path.name}, line {number}"
        try:
            row = rows.of(space.parse(line["genotype"]))
        except InputError as error:
            raise InputError(f"{place}: genotype", error.value, error.allowed) from None
        epochs = _whole(line["epochs"], f"{place}: epochs", MAXIMUM_EPOCHS)
        require(epochs >= 1, f"{place}: epochs", epochs, "1 or more")
        known = (row, epochs) in accuracies
        require(not known, place, line["genotype"], f"one line for its {epochs} epochs: there was one before")
        accuracies[row, epochs] = _fraction(line["validation_accuracy"], f"{place}: validation_accuracy")
        for name in ("test_accuracy", *OPTIONAL):
            if name in line:
                _keep(constants.setdefault(name, {}), row, line[name], name, place)
    return _table(path, rows, accuracies, constants)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the lines behind the first by their numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True, restval="")
            names = reader.fieldnames or []
            missing = [name for name in COLUMNS if name not in names]
            require(not missing, f"{path.name}: columns", names, "also " + ", ".join(missing))
            unknown = [name for name in names if name not in (*COLUMNS, *OPTIONAL)]
            require(not unknown, f"{path.name}: columns", unknown, "only " + ", ".join((*COLUMNS, *OPTIONAL)))
            for line in reader:
                require(None not in line, f"{path.name}, line {reader.line_num}", "too many cells", f"{len(names)}")
                yield reader.line_num, line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("table", str(path), f"a readable CSV file ({error})") from None


def _keep(values: dict[int, float], row: int, cell: str, name: str, place: str) -> None:
    """Writes down a number that all lines of an architecture have in common."""
    field = f"{place}: {name}"
    if name == "test_accuracy":
        value = _fraction(cell, field)
    elif name == "seconds":
        value = _number(cell, field)
    else:
        value = _whole(cell, field, 2**53)
    before = values.setdefault(row, value)
    same = before == value or (np.isnan(before) and np.isnan(value))
    require(bool(same), field, value, f"{before}, as on a line of the same genotype before")


def _table(
    path: Path, rows: Rows, accuracies: Mapping[tuple[int, int], float], constants: Mapping[str, Mapping[int, float]]
) -> Table:
    last = max((epochs for _, epochs in accuracies), default=0)
    array = np.full((len(rows), max(last, 1)), np.nan)
    missing = next(
        ((r, e) for r in range(len(rows)) for e in range(1, max(last, 1) + 1) if (r, e) not in accuracies), None
    )
    if missing is not None:
        row, epochs = missing
        allowed = f"a line for every genotype and number of epochs, such as {rows.genotype(row)} and {epochs}"
        raise InputError("table", str(path), f"{allowed}: {len(rows) * max(last, 1)} lines in all")
    for (row, epochs), accuracy in accuracies.items():
        array[row, epochs - 1] = accuracy
    columns: dict[str, Any] = {
        name: np.array([values[row] for row in range(len(rows))]) for name, values in constants.items()
    }
    whole = {name: columns.pop(name).astype(np.int64) for name in ("parameters", "multiply_adds") if name in columns}
    return Table(array, operations=rows.operations, **whole, **columns)


def _number(cell: str, field: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise InputError(field, cell, "a number") from None


def _fraction(cell: str, field: str) -> float:
    value = float("nan") if not cell.strip() else _number(cell, field)
    require(np.isnan(value) or 0 <= value <= 1, field, cell, "a fraction of 1, or nothing")
    return value


def _whole(cell: str, field: str, maximum: int) -> int:
    value = _number(cell, field)
    require(value == value // 1 and 0 <= value <= maximum, field, cell, f"a whole number from 0 to {maximum}")
    return int(value)
