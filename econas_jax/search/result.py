"""What a finished search returns, and how a notebook shows it."""

from __future__ import annotations

import dataclasses
import html
from pathlib import Path
from typing import Any

from econas_jax.algorithms.algorithm import Member
from econas_jax.search.history import RoundSummary, StageRecord, last_stages
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
        accuracy = f"{100 * member.accuracy:.2f} %"
        values = (rank, accuracy, member.epochs, f"{stage.parameters:,}", html.escape(str(member.genotype)))
        return "".join(f"<td>{value}</td>" for value in values)
