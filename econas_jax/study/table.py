"""The table of a study: a row for every network trained by every proxy, with a schema, from and to CSV."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from econas_jax.errors import InputError, require
from econas_jax.study.coefficients import MINIMUM_NETWORKS

Status = Literal["completed", "diverged"]
Size = Literal["parameters", "multiply_adds"]
SIZES: tuple[Size, ...] = ("parameters", "multiply_adds")


@dataclass(frozen=True)
class Row:
    """One network trained once by one proxy. None: not known, or, of a diverged run's accuracies, not there."""

    network: str  # a name, the same in all proxies
    proxy: str  # the paper's name, such as c4r4s0e60, or any other text in an imported table
    seed: int | None  # of the training run
    train_accuracy: float | None  # fraction of 1, of the last epoch
    validation_accuracy: float | None  # fraction of 1
    seconds: float | None  # of one device, for training and validation
    multiply_adds: int | None  # of the whole run, forward: an image's times images times epochs
    status: Status = "completed"


COLUMNS = tuple(field.name for field in dataclasses.fields(Row))


@dataclass(frozen=True)
class StudyTable:
    """All rows of a study. Raises InputError for two rows of the same network, proxy and seed."""

    rows: tuple[Row, ...]
    # What is known of the networks' sizes besides the rows' multiply-adds: by size, then by network.
    sizes: Mapping[Size, Mapping[str, float]] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        seen = set()
        for row in self.rows:
            key = (row.network, row.proxy, row.seed)
            allowed = "one row for each network, proxy and seed"
            require(key not in seen, "table", f"network {row.network}, proxy {row.proxy}, seed {row.seed}", allowed)
            seen.add(key)

    @functools.cached_property
    def networks(self) -> tuple[str, ...]:
        """Numbers in their order; never in that of the rows, for a bootstrap draws networks by their places."""
        return tuple(sorted({row.network for row in self.rows}, key=lambda name: (len(name), name)))

    @property
    def proxies(self) -> tuple[str, ...]:
        """Every setting, the original one included, in the order in which they first appear."""
        return tuple(self._by_proxy)

    def accuracies(self, proxy: str) -> npt.NDArray[np.float64]:
        """The validation accuracy of every network, float64 [networks]; the mean over seeds.

        A run that diverged counts as accuracy 0: it ranks last, as a search would rank it. Raises InputError for an
        unknown proxy or one that lacks a network.
        """
        return self._means(proxy, lambda row: 0.0 if row.status == "diverged" else row.validation_accuracy)

    def gap(self, proxy: str) -> float | None:
        """Mean over networks of train less validation accuracy (Figure 7); None where the former is not known."""
        completed = [row for row in self._of(proxy) if row.status == "completed"]
        gaps = [
            row.train_accuracy - row.validation_accuracy
            for row in completed
            if row.train_accuracy is not None and row.validation_accuracy is not None
        ]
        return statistics.fmean(gaps) if gaps and len(gaps) == len(completed) else None

    def cost(self, proxy: str, column: Literal["seconds", "multiply_adds"]) -> float | None:
        """The mean cost of a run by the proxy; None unless it is known of every run."""
        costs = [getattr(row, column) for row in self._of(proxy)]
        return None if None in costs else statistics.fmean(costs)

    def sizes_of(self, original: str) -> dict[Size, npt.NDArray[np.float64]]:
        """The sizes that are known of every network, float64 [networks] each, in the original setting."""
        of_runs: dict[str, float] = {}
        if self.cost(original, "multiply_adds") is not None:  # those of a run are an image's times the same number
            of_runs = {row.network: row.multiply_adds for row in self._of(original) if row.multiply_adds is not None}
        known = {"multiply_adds": of_runs, **self.sizes}
        complete = {name: known[name] for name in SIZES if set(self.networks) <= set(known.get(name, ()))}
        return {name: np.array([of[network] for network in self.networks]) for name, of in complete.items()}

    def covers(self, proxy: str) -> bool:
        """Whether every network of the table has been trained by the proxy."""
        return {row.network for row in self._of(proxy)} == set(self.networks)

    def check_proxy(self, proxy: str) -> None:
        """Raises InputError unless the table has rows of the proxy."""
        require(proxy in self.proxies, "proxy", proxy, "one of the table's: " + ", ".join(self.proxies))

    def check_size(self) -> None:
        """Raises InputError for fewer than 3 networks."""
        allowed = f"at least {MINIMUM_NETWORKS} networks: the ranks of fewer say nothing"
        require(len(self.networks) >= MINIMUM_NETWORKS, "networks", len(self.networks), allowed)

    def _of(self, proxy: str) -> list[Row]:
        self.check_proxy(proxy)
        return self._by_proxy[proxy]

    @functools.cached_property
    def _by_proxy(self) -> dict[str, list[Row]]:
        rows = defaultdict(list)
        for row in self.rows:
            rows[row.proxy].append(row)
        return dict(rows)

    def _means(self, proxy: str, value: Callable[[Row], float | None]) -> npt.NDArray[np.float64]:
        values: dict[str, list[float]] = {name: [] for name in self.networks}
        for row in self._of(proxy):
            number = value(row)
            assert number is not None  # checked when the row was read or made
            values[row.network].append(number)
        missing = [name for name, of_network in values.items() if not of_network]
        require(not missing, f"networks without a row of {proxy}", missing, "none: a row of every network")
        return np.array([statistics.fmean(of_network) for of_network in values.values()])


def read_table(path: Path) -> StudyTable:
    """The table in a CSV file with the columns of `Row`, in any order; others are not looked at.

    Empty cells are values that are not known. Raises InputError, naming the line, for anything that is no such table.
    """
    lines = csv_rows(path)
    header = next(lines, (0, {}))[1]
    missing = [column for column in COLUMNS if column not in header]
    require(not missing, f"{path}: missing columns", missing, "a table with the columns " + ", ".join(COLUMNS))
    rows = tuple(_row(fields, f"{path}, line {number}") for number, fields in csv_rows(path))
    return StudyTable(rows)


def csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line numbers and cells of a CSV file with a header; raises InputError if it is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("table", str(path), f"a CSV file that can be read ({type(error).__name__})") from None
    try:
        reader = csv.DictReader(io.StringIO(text), strict=True)
        found = False
        for cells in reader:
            found = True
            complete = None not in cells and None not in cells.values()
            allowed = f"{len(reader.fieldnames or ())} cells, as the header has"
            require(complete, f"{path}, line {reader.line_num}", "cells", allowed)
            yield reader.line_num, cells
    except csv.Error as error:
        raise InputError("table", str(path), f"a CSV file ({error})") from None
    require(found, "table", str(path), "a header and at least one row")


def table_text(rows: Iterable[Row], header: bool = True) -> str:
    """Rows as lines of CSV; what `read_table` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(COLUMNS)
    writer.writerows(["" if value is None else value for value in dataclasses.astuple(row)] for row in rows)
    return text.getvalue()


def parse_fraction(cell: str, field: str, largest: float = 1.0) -> float:
    """An accuracy; raises InputError unless it is a number in [0, largest]."""
    number = _number(cell, float, field)
    require(0 <= number <= largest, field, cell, f"an accuracy from 0 to {largest:g}")
    return float(number)


def _row(cells: Mapping[str, str], where: str) -> Row:
    status = cells["status"]
    require(status in ("completed", "diverged"), f"{where}: status", status, "completed or diverged")
    for name in ("network", "proxy"):
        require(bool(cells[name].strip()), f"{where}: {name}", cells[name], "a name")

    def optional(name: str, parse: Callable[[str, str], Any]) -> Any:
        return parse(cells[name], f"{where}: {name}") if cells[name].strip() else None

    def cost(cell: str, field: str) -> float:
        number = float(_number(cell, float, field))
        require(number > 0, field, cell, "a positive number")
        return number

    validation = optional("validation_accuracy", parse_fraction)
    allowed = "an accuracy in a completed run's row, and none in a diverged one's"
    require((validation is None) == (status == "diverged"), f"{where}: validation_accuracy", validation, allowed)
    multiply_adds = optional("multiply_adds", cost)
    return Row(
        network=cells["network"].strip(),
        proxy=cells["proxy"].strip(),
        seed=optional("seed", lambda cell, field: _number(cell, int, field)),
        train_accuracy=optional("train_accuracy", parse_fraction),
        validation_accuracy=validation,
        seconds=optional("seconds", cost),
        multiply_adds=None if multiply_adds is None else round(multiply_adds),
        status=status,  # type: ignore[arg-type]
    )


def _number(cell: str, kind: Callable[[str], float], field: str) -> float:
    try:
        number = kind(cell)
    except ValueError:
        number = math.nan
    require(math.isfinite(number), field, cell, "a whole number" if kind is int else "a finite number")
    return number
