"""What a path costs: multiply-adds, or latencies from a file; and a loss that knows the expected cost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.errors import InputError, require, require_number
from econas_jax.spaces.chain.space import ChainSpace, Path

FIELD = "latency_table"
MAXIMUM_BYTES = 10**7

CostLoss = Literal["mul#log", "add#linear"]  # the authors' names


class CostTable(NamedTuple):
    """The cost of a path is the sum of what it has in common with all and of what the candidate of each place adds."""

    common: float
    added: np.ndarray  # float64 [places, candidates]; 0 for a candidate that a place has not

    def of(self, path: Path) -> float:
        """Returns the cost of a path."""
        return self.common + float(self.added[np.arange(len(path)), list(path)].sum())


def cost_range(space: ChainSpace, table: CostTable) -> tuple[float, float]:
    """Returns the costs of the cheapest and of the dearest path."""
    rows = [row[: len(place)] for row, place in zip(table.added, space.places, strict=True)]
    least, most = sum(float(row.min()) for row in rows), sum(float(row.max()) for row in rows)
    return table.common + least, table.common + most


def multiply_add_table(space: ChainSpace, resolution: int, num_classes: int) -> CostTable:
    """Returns the multiply-adds of one image of resolution x resolution pixels."""
    common, places = space.multiply_adds(resolution, num_classes)
    return CostTable(common, _padded(space, places))


def latency_table(file: str | FilePath, space: ChainSpace) -> CostTable:
    """Reads latencies, in whatever unit, from a JSON file: {"common": 9.1, "places": [{"k3e3": 1.3, ...}, ...]}.

    common: of all that is not searched; places: for each place the latency of each of its candidates. Zero costs 0
    unless it is told. Raises InputError, naming what is wrong, for another file.
    """
    allowed = '{"common": number, "places": [{candidate: number}, one for each place]}'
    path = FilePath(file)
    try:
        require(path.stat().st_size <= MAXIMUM_BYTES, FIELD, str(file), allowed)
        fields = json.loads(path.read_text(encoding="utf-8"))
        common, places = fields["common"], list(fields["places"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError(FIELD, str(file), f"a file that holds {allowed}") from None
    _require_cost("common", common)
    require(len(places) == len(space.places), f"{FIELD}.places", len(places), f"{len(space.places)} places")
    rows = []
    for number, (given, candidates) in enumerate(zip(places, space.places, strict=True)):
        name = f"{FIELD}.places[{number}]"
        require(isinstance(given, Mapping), name, given, "an object of candidates")
        labels = space.labels[: len(candidates)]
        known = {label: 0.0 for label, block in zip(labels, candidates, strict=True) if not block.main} | dict(given)
        require(known.keys() == set(labels), name, sorted(given), ", ".join(labels))
        for label in labels:
            _require_cost(f"places[{number}].{label}", known[label])
        rows.append(tuple(float(known[label]) for label in labels))
    return CostTable(float(common), _padded(space, rows))


def expected_cost(table: CostTable, weights: jax.Array) -> jax.Array:
    """Returns the mean cost of paths that are drawn by weights [places, candidates]."""
    return table.common + jnp.sum(jnp.asarray(table.added, jnp.float32) * weights)


def with_cost(
    loss: jax.Array, expected: jax.Array, reference: float, kind: CostLoss, *, weight: float, exponent: float
) -> jax.Array:
    """Returns a loss that grows with the expected cost.

    "mul#log", the authors' default: weight * loss * (log expected / log reference) ^ exponent; "add#linear": loss +
    weight * (expected / reference - 1).
    """
    if kind == "mul#log":
        return weight * loss * (jnp.log(expected) / math.log(reference)) ** exponent
    return loss + weight * (expected / reference - 1)


def _padded(space: ChainSpace, rows: Any) -> np.ndarray:
    table = np.zeros((len(space.places), len(space.labels)))
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def _require_cost(name: str, value: Any) -> None:
    require_number(f"{FIELD}.{name}", value, lambda cost: cost >= 0 and math.isfinite(cost), "a number, 0 or more")
