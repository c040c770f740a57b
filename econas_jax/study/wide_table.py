"""Accuracies from elsewhere: a table of n networks by m settings, a column a setting, as a study's table."""

from __future__ import annotations

from pathlib import Path

from econas_jax.errors import require
from econas_jax.study.table import Row, StudyTable, csv_rows, parse_fraction, read_table

NETWORK = "network"


def read_wide_table(path: Path) -> StudyTable:
    """A CSV file whose first column `network` names the networks and whose other columns are settings' accuracies.

    Accuracies are fractions of 1, or, if any of the table is above 1, all are per cent. Costs are not known, so that
    settings with the paper's names have their nominal ones and others none. Raises InputError, naming line and column,
    for a cell that is no accuracy, a missing `network` column, or no other column.
    """
    lines = list(csv_rows(path))
    columns = list(lines[0][1])
    require(NETWORK in columns, f"{path}: columns", columns, f"a column {NETWORK!r} and one for each setting")
    settings = [column for column in columns if column != NETWORK]
    require(len(settings) >= 2, f"{path}: settings", settings, "at least two columns: the original and a proxy")
    cells = [
        (fields[NETWORK].strip(), setting, parse_fraction(fields[setting], f"{path}, line {number}: {setting}", 100.0))
        for number, fields in lines
        for setting in settings
    ]
    scale = 100.0 if any(accuracy > 1 for _, _, accuracy in cells) else 1.0
    return StudyTable(
        tuple(Row(network, setting, None, None, accuracy / scale, None, None) for network, setting, accuracy in cells)
    )


def read_any_table(path: Path) -> StudyTable:
    """A study's own table, or, with neither column `proxy` nor `validation_accuracy`, a wide one."""
    columns = next(csv_rows(path))[1]
    long = {"proxy", "validation_accuracy"} & set(columns)
    return read_table(path) if long else read_wide_table(path)
