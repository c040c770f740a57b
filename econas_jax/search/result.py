"""What comes out of a search: for a caller, who may be a notebook, and for `result.json`."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from econas_jax.algorithms.algorithm import Member
from econas_jax.experiment.text import percent
from econas_jax.search.history import RoundSummary, StageRecord, last_stages
from econas_jax.search.state import SearchState
from econas_jax.spaces.space import Space


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """A finished search: its best members, best first, its records, and the folder that holds its files."""

    best: tuple[Member, ...]
    stages: tuple[StageRecord, ...]
    rounds: tuple[RoundSummary, ...]
    space: Space[Any]
    workdir: Path

    def _repr_html_(self) -> str:
        """Draws the result in a notebook: a table of the best genotypes, and the picture of the first."""
        from econas_jax.figures.diagram import diagrams_svg  # matplotlib, which a search itself does not need

        header = "".join(f"<th>{name}</th>" for name in ("", "validation accuracy", "epochs", "parameters", "genotype"))
        rows = "".join(f"<tr>{self._cells(rank, member)}</tr>" for rank, member in enumerate(self.best, start=1))
        picture = diagrams_svg(self.space.diagrams(self.best[0].genotype), "The best genotype") if self.best else ""
        return f"<table><tr>{header}</tr>{rows}</table>{picture}"

    def _cells(self, rank: int, member: Member) -> str:
        stage = last_stages(self.stages)[member.candidate]
        values = (
            rank,
            percent(member.accuracy),
            member.epochs,
            f"{stage.parameters:,}",
            html.escape(str(member.genotype)),
        )
        return "".join(f"<td>{value}</td>" for value in values)


def result_fields(
    state: SearchState, best: Sequence[Member], finished: bool, validation_images: int | None
) -> dict[str, Any]:
    """Returns what `result.json` holds; validation_images: None where accuracies are a table's."""
    stages = last_stages(state.stages)
    # With a lag there are trials after the end, which only a longer search trains.
    new = sum(trial.start_epoch == 0 for trial in state.algorithm.pending) if finished else 0
    return {
        "best": [
            {
                "rank": rank,
                "candidate": member.candidate,
                "validation_accuracy": as_counted(member.accuracy, validation_images),
                "epochs": member.epochs,
                "parameters": stages[member.candidate].parameters,
                "multiply_adds": stages[member.candidate].multiply_adds,
                "genotype": str(member.genotype),
            }
            for rank, member in enumerate(best, start=1)
        ],
        "rounds": state.rounds[-1].round if state.rounds else 0,
        "finished": finished,
        "candidates": state.algorithm.next_candidate - new,
        "stages": len(state.stages),
        "diverged": sum(stage.status == "diverged" for stage in state.stages),
        "failed": sum(stage.status in ("failed", "out_of_memory") for stage in state.stages),
        "skipped_repeats": state.algorithm.skipped_repeats,
        "skipped_too_large": state.algorithm.skipped_too_large,
        "skipped_blind": state.algorithm.skipped_blind,
        "seconds": round(state.seconds, 3),
    }


def as_counted(accuracy: float, images: int | None) -> float:
    """Returns an accuracy as correct images over all: training knows it as float32, and 0.99 as 0.9900000095."""
    return accuracy if images is None else round(accuracy * images) / images
