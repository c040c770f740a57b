"""The parts of a report that are of chains of blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from econas_jax.figures.epoch_curves import plot_epochs
from econas_jax.spaces.chain.mbconv import LABELS
from econas_jax.spaces.chain.text import parse_chain
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.report.parts import Captioned, common_cells
from econas_jax.supernet.report.shares import plot_place_shares


class ChainPages:
    """Reports of searches for chains."""

    COLUMNS: ClassVar = (
        *("rank", "after epoch", "blocks left out", "parameters (M)", "multiply-adds (M)"),
        "accuracy in the supernet (%)",
    )
    SKIPS: ClassVar = "The last likeliest network leaves {} blocks out."

    def row(self, entry: Mapping[str, Any]) -> list[str]:
        """Returns the row of a network in the table."""
        first, accuracy = common_cells(entry)
        return [*first, f"{entry['multiply_adds'] / 1e6:.1f}", accuracy]

    def found(self, best: Sequence[Mapping[str, Any]]) -> Captioned:
        """Draws nothing: a chain's text says all; raises InputError for one that is none."""
        for entry in best:
            parse_chain(entry["genotype"])
        return {}

    def course(self, history: Sequence[EpochRecord]) -> Captioned:
        """Draws the costs and the entropy, where the method learns an architecture."""
        if not any("entropy" in record.measures for record in history):
            return {}
        costs = plot_epochs(
            "Multiply-adds of the likeliest network",
            "Million",
            {"": history},
            {"": _measure("multiply_adds", 1e-6)},
        )
        entropy = plot_epochs("Entropy of a place's shares", "Nats", {"": history}, {"": _measure("entropy", 1.0)})
        return {
            "multiply_adds": (costs, "Multiply-adds of the likeliest network after each epoch"),
            "entropy": (entropy, "Mean entropy of the places' shares: it falls as the search decides"),
        }

    def shares(self, history: Sequence[EpochRecord]) -> Captioned:
        """Draws the shares at all places, where there are such."""
        tables = [record.places for record in history if record.places is not None]
        if not tables:
            return {}
        figure = plot_place_shares("Candidates of each block", tables, LABELS)
        return {"places": (figure, "The share of each candidate at every place, after each epoch")}


def _measure(name: str, unit: float) -> Callable[[EpochRecord], float | None]:
    def value(record: EpochRecord) -> float | None:
        return unit * record.measures[name] if name in record.measures else None

    return value
