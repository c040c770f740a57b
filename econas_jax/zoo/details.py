"""One entry of the zoo in lines, and all of them as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.zoo.counts import Setting, counts
from econas_jax.zoo.entry import Entry, Published


def lines(entry: Entry, settings: Sequence[Setting]) -> Iterator[str]:
    """Yields the lines that describe an entry: its paper, source, architecture, counts and published rows."""
    yield f"{entry.name} ({entry.year})"
    yield f"paper: {entry.paper}"
    yield f"source: {entry.source}"
    if entry.note:
        yield f"note: {entry.note}"
    for setting in settings:
        made = counts(entry.architecture, setting)
        if made is not None:
            plain = f"{made.multiply_adds:,} multiply-adds of convolutions and linear layers"
            operations = f"{made.operations:,} with normalisations, ReLUs and pools"
            yield f"{setting.dataset} network: {made.parameters:,} parameters, {plain}, {operations}"
    for row in entry.published:
        yield f"published: {', '.join(_parts(row))}"
    yield str(entry.architecture)


def to_json(entry: Entry, settings: Sequence[Setting]) -> dict[str, Any]:
    """Returns an entry with its counts in JSON's types."""
    made = {setting.dataset: counts(entry.architecture, setting) for setting in settings}
    architecture = entry.architecture
    return {
        "name": entry.name,
        "year": entry.year,
        "paper": entry.paper,
        "source": entry.source,
        "note": entry.note,
        "genotype": str(architecture) if isinstance(architecture, Genotype) else None,
        "densenet_bc": None if isinstance(architecture, Genotype) else dataclasses.asdict(architecture),
        "counts": {dataset: one._asdict() for dataset, one in made.items() if one is not None},
        "published": [dataclasses.asdict(row) for row in entry.published],
    }


def _parts(row: Published) -> Iterator[str]:
    yield f"{row.dataset} ({row.source})"
    if row.error is not None:
        yield f"error {row.error:.2f}" + (f" ± {row.deviation:.2f} %" if row.deviation else " %")
    if row.parameters is not None:
        yield f"{row.parameters:g} M parameters"
    if row.multiply_adds is not None:
        yield f"{row.multiply_adds:g} M multiply-adds"
    if row.gpu_days is not None:
        yield f"{row.gpu_days:g} GPU days"
    if not row.same_network:
        yield "in another network"
