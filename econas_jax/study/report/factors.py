"""Plots of rho over two reduction factors, the others fixed, as the paper's Figures 5 and 6: bars and a heat map."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from econas_jax.figures.style import CHART_INCHES, INK, NOTE_SIZE, QUIET, TEXT_SIZE, TITLE_SIZE, note
from econas_jax.study.analysis import Analysis
from econas_jax.study.coefficients import entropy
from econas_jax.study.setting import Setting, parse_or_none

NAMES = {"c": "channels", "r": "resolution", "s": "samples", "e": "epochs"}
COLOURS = "viridis"
MINIMUM_CELLS = 4
MINIMUM_TREND = 3  # values: a change between two is always monotonic


@dataclass(frozen=True)
class FactorGrid:
    """The rho at every pair of values of two factors: subscripts of Table 1 for c, r and s, epochs for e."""

    x: str
    y: str
    fixed: str  # the other factors' values, such as s2e8
    original: tuple[int, int] | None  # where the original setting lies
    cells: dict[tuple[int, int], float]

    @property
    def xs(self) -> list[int]:
        """Returns the values along x."""
        return sorted({x for x, _ in self._places})

    @property
    def ys(self) -> list[int]:
        """Returns the values along y."""
        return sorted({y for _, y in self._places})

    def along_x(self, y: int) -> float | None:
        """Returns the entropy of rho along x at one y, None for fewer than three values."""
        return _trend([self.cells[x, y] for x in self.xs if (x, y) in self.cells])

    def along_y(self, x: int) -> float | None:
        """Returns the entropy of rho along y at one x, None for fewer than three values."""
        return _trend([self.cells[x, y] for y in self.ys if (x, y) in self.cells])

    @property
    def _places(self) -> set[tuple[int, int]]:
        return {*self.cells, *([] if self.original is None else [self.original])}


def factor_grid(analysis: Analysis, x: str, y: str) -> FactorGrid | None:
    """Returns the fullest grid of two factors in the table, None if none has two values of each and four cells."""
    found: dict[tuple[tuple[str, int], ...], dict[tuple[int, int], float]] = defaultdict(dict)
    for result in analysis.ranked:
        setting = parse_or_none(result.name)
        if setting is not None and setting.cells_per_stage is None:
            values = _values(setting)
            fixed = tuple((name, value) for name, value in values.items() if name not in (x, y))
            found[fixed][values[x], values[y]] = analysis.rho(result.name)
    original = parse_or_none(analysis.original)
    grids = []
    for fixed, cells in found.items():
        place = None
        if original is not None and all(_values(original)[name] == value for name, value in fixed):
            place = (_values(original)[x], _values(original)[y])
        name = "".join(f"{factor}{value}" for factor, value in fixed)
        grids.append(FactorGrid(x, y, name, place, cells))
    usable = [
        grid
        for grid in grids
        if min(len(grid.xs), len(grid.ys)) >= 2 and len(grid.cells) + (grid.original is not None) >= MINIMUM_CELLS
    ]
    return max(usable, key=lambda grid: len(grid.cells), default=None)


def plot_factor_bars(grid: FactorGrid) -> Figure:
    """Draws rho as 3-D bars, with a gap where the table has no setting."""
    figure = Figure(figsize=CHART_INCHES, layout="constrained")
    axes = figure.add_subplot(projection="3d")
    assert isinstance(axes, Axes3D)
    colours = colormaps[COLOURS]
    for (x, y), rho in grid.cells.items():
        place = (grid.xs.index(x) - 0.3, grid.ys.index(y) - 0.3)
        axes.bar3d(
            *place, min(rho, 0.0), 0.6, 0.6, abs(rho), color=colours(_norm(grid)(rho)), shade=True, edgecolor="white"
        )
    axes.set_title(_title(grid), fontsize=TITLE_SIZE, color=INK, loc="left")
    axes.set_xlabel(_label(grid.x), fontsize=TEXT_SIZE)
    axes.set_ylabel(_label(grid.y), fontsize=TEXT_SIZE)
    axes.set_zlabel("Spearman ρ", fontsize=TEXT_SIZE)
    axes.set_xticks(range(len(grid.xs)), [f"{grid.x}{x}" for x in grid.xs], fontsize=NOTE_SIZE)
    axes.set_yticks(range(len(grid.ys)), [f"{grid.y}{y}" for y in grid.ys], fontsize=NOTE_SIZE)
    axes.set_zlim(min(0.0, *grid.cells.values()), 1.0)
    axes.set_box_aspect((1, 1, 0.7), zoom=0.95)
    axes.view_init(elev=28, azim=-52)
    return figure


def plot_factor_map(grid: FactorGrid) -> Figure:
    """Draws a heat map of rho: a cell for each setting, the entropies of rows and columns at the margins."""
    xs, ys = grid.xs, grid.ys
    size = (1.9 + 0.95 * (len(xs) + 1), 1.8 + 0.62 * (len(ys) + 1))
    figure = Figure(figsize=(max(size[0], 6.0), size[1]), layout="constrained")
    axes = figure.add_subplot()
    values = np.array([[grid.cells.get((x, y), np.nan) for x in xs] for y in ys])
    image = axes.imshow(values, cmap=COLOURS, norm=_norm(grid), aspect="auto")
    for row, y in enumerate(ys):
        for column, x in enumerate(xs):
            rho = grid.cells.get((x, y))
            text = "original" if (x, y) == grid.original else "–" if rho is None else f"{rho:.2f}"
            dark = rho is not None and _norm(grid)(rho) < 0.6
            axes.text(column, row, text, ha="center", va="center", color="white" if dark else INK, fontsize=TEXT_SIZE)
        axes.text(len(xs), row, _short(grid.along_x(y)), ha="center", va="center", color=INK, fontsize=TEXT_SIZE)
    for column, x in enumerate(xs):
        axes.text(column, len(ys), _short(grid.along_y(x)), ha="center", va="center", color=INK, fontsize=TEXT_SIZE)
    axes.set_xlim(-0.5, len(xs) + 0.5)
    axes.set_ylim(len(ys) + 0.5, -0.5)
    axes.set_xticks(range(len(xs) + 1), [*(f"{grid.x}{x}" for x in xs), "entropy"], fontsize=NOTE_SIZE)
    axes.set_yticks(range(len(ys) + 1), [*(f"{grid.y}{y}" for y in ys), "entropy"], fontsize=NOTE_SIZE)
    axes.set_xlabel(_label(grid.x), fontsize=TEXT_SIZE)
    axes.set_ylabel(_label(grid.y), fontsize=TEXT_SIZE)
    axes.set_title(_title(grid), fontsize=TITLE_SIZE, color=INK, loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("Spearman ρ", fontsize=TEXT_SIZE)
    bar.ax.tick_params(labelsize=NOTE_SIZE, color=QUIET)
    note(figure, "entropy of ρ along a row or column, from -1 (only falls) to 1 (only grows)")
    return figure


def _values(setting: Setting) -> dict[str, int]:
    return dict(zip("crse", (*setting.subscripts, setting.proxy.epochs), strict=True))


def _trend(values: list[float]) -> float | None:
    return entropy(values) if len(values) >= MINIMUM_TREND else None


def _title(grid: FactorGrid) -> str:
    return f"Rank consistency by {NAMES[grid.x]} and {NAMES[grid.y]} ({grid.fixed})"


def _label(factor: str) -> str:
    return f"{NAMES[factor].capitalize()} ({factor}" + (")" if factor == "e" else ", 0: not reduced)")


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _norm(grid: FactorGrid) -> Normalize:
    return Normalize(min(0.0, *grid.cells.values()), 1.0)
