"""What comes out of a search inside a supernet: for a caller, and for `result.json`, which a retraining takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.spaces.darts.cost import parameters
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.derive import skips
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.ranking import Ranked, rank_correlation

BEST = 5  # of the ranked candidates, that a search ends with
ARCHITECTURE_ACCURACY = "architecture_accuracy"  # a measure
# Of the network whose parameters are told: the retraining on CIFAR-10 in DARTS's paper.
CHANNELS, CELLS_PER_STAGE = 36, 6


@dataclasses.dataclass(frozen=True)
class Found:
    """A genotype that a search ends with, best first."""

    genotype: Any  # of the supernet's space
    epoch: int  # after which it was derived, from 0
    accuracy: float | None  # with the supernet's weights, a fraction of 1; None where it was not looked at
    facts: Mapping[str, Any]  # more for `result.json`: its skips, its parameters and what else it costs

    def to_json(self, rank: int) -> dict[str, Any]:
        """Returns its entry in `result.json`."""
        entry = {
            "rank": rank,
            "genotype": str(self.genotype),
            "epoch": self.epoch,
            "supernet_accuracy": self.accuracy,
        }
        return entry | dict(self.facts)


def cell_found(text: str, epoch: int, accuracy: float | None = None) -> Found:
    """Returns cells that a search ends with."""
    genotype = Genotype.parse(text)
    facts = {
        "skips": skips(genotype.normal),
        "parameters": parameters(genotype, channels=CHANNELS, cells_per_stage=CELLS_PER_STAGE),
    }
    return Found(genotype, epoch, accuracy, facts)


@dataclasses.dataclass(frozen=True)
class SupernetResult:
    """A finished search: what it found, best first, its records, and the folder that holds its files."""

    best: tuple[Found, ...]
    history: tuple[EpochRecord, ...]
    workdir: Path


def result_fields(
    best: Sequence[Found], history: Sequence[EpochRecord], finished: bool, ranking: Sequence[Ranked]
) -> dict[str, Any]:
    """Returns what `result.json` holds. finished: whether all epochs, and the ranking, are done."""
    rho = rank_correlation(ranking)
    interval = None if rho is None else rho.interval
    return {
        "best": [found.to_json(rank) for rank, found in enumerate(best, start=1)],
        "epochs": len(history),
        "finished": finished,
        "seconds": history[-1].seconds if history else 0.0,
        "ranked": len(ranking),
        "standalone": sum(each.standalone is not None for each in ranking),
        "spearman": None if rho is None else rho.value,
        "spearman_interval": None if interval is None else [interval.low, interval.high],  # 95 %
    }


def best_ranked(ranking: Sequence[Ranked]) -> list[Ranked]:
    """Returns the candidates of the best accuracy, each genotype once, of equals the earlier ones."""
    best: dict[str, Ranked] = {}
    for each in sorted(ranking, key=lambda each: -each.accuracy):  # stable
        best.setdefault(each.genotype, each)
    return list(best.values())[:BEST]


def best_found(history: Sequence[EpochRecord]) -> tuple[Found, ...]:
    """Returns the cells after the epoch of the best accuracy on architecture batches, the first of equals."""
    if not history:
        return ()
    record = max(history, key=lambda record: record.measures[ARCHITECTURE_ACCURACY])
    assert record.genotype is not None  # a method that has such batches learns a genotype
    return (cell_found(record.genotype, record.epoch, record.measures[ARCHITECTURE_ACCURACY]),)
