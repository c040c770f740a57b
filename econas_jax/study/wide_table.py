"""Accuracies from elsewhere: a table of n networks by m settings, a column a setting, as a study's table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from econas_jax.errors import require
from econas_jax.study.table import SIZES, Row, Size, StudyTable, csv_rows, parse_fraction, read_table

NETWORK = "network"


def read_wide_table(path: Path) -> StudyTable:
    """A CSV file whose first column `network` names the networks and whose other columns are settings' accuracies.

    Accuracies are fractions of 1, or, if any of the table is above 1, all are per cent. Columns `parameters` and
    `multiply_adds`, which may be missing, are no settings but the networks' sizes. Costs are not known, so that
    settings with the paper's names have their nominal ones and others none. Raises InputError, naming line and column,
    for a cell that is no accuracy or no size, a missing `network` column, or no other column.
    """
    lines = list(csv_rows(path))
    columns = list(lines[0][1])
    require(NETWORK in columns, f"{path}: columns", columns, f"a column {NETWORK!r} and one for each setting")
    settings = [column for column in columns if column not in (NETWORK, *SIZES)]
    require(len(settings) >= 2, f"{path}: settings", settings, "at least two columns: the original and a proxy")
    accuracies = [
        (fields[NETWORK].strip(), setting, parse_fraction(fields[setting], f"{path}, line {number}: {setting}", 100.0))
        for number, fields in lines
        for setting in settings
    ]
    scale = 100.0 if any(accuracy > 1 for *_, accuracy in accuracies) else 1.0
    rows = (Row(network, setting, None, None, found / scale, None, None) for network, setting, found in accuracies)
    sizes = {name: _sizes(path, lines, name) for name in SIZES if name in columns}
    return StudyTable(tuple(rows), sizes)


def _sizes(path: Path, lines: Sequence[tuple[int, Mapping[str, str]]], name: Size) -> dict[str, float]:
    return {fields[NETWORK].strip(): _size(fields[name], f"{path}, line {number}: {name}") for number, fields in lines}


def _size(cell: str, field: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    require(math.isfinite(number) and number >= 0, field, cell, "a number of parameters or multiply-adds, 0 or more")
    return number


def read_any_table(path: Path) -> StudyTable:
    """A study's own table, or, with neither column `proxy` nor `validation_accuracy`, a wide one."""
    columns = next(csv_rows(path))[1]
    long = {"proxy", "validation_accuracy"} & set(columns)
    return read_table(path) if long else read_wide_table(path)
