"""Figures as files; the same figure always gives the same bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

PIXELS_PER_INCH = 150
HASH_SALT = "econas_jax"  # names the elements of an SVG; without it they are random


class WrittenFigure(NamedTuple):
    """A figure's PNG, and what it shows."""

    path: Path
    caption: str


def save_figure(figure: Figure, directory: Path, name: str) -> tuple[Path, Path]:
    """Writes `<name>.png` and `<name>.svg`, making the directory if need be, and returns their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    png, svg = directory / f"{name}.png", directory / f"{name}.svg"
    figure.savefig(png, dpi=PIXELS_PER_INCH, metadata={"Software": None})
    _save_svg(figure, svg)
    return png, svg


def svg_text(figure: Figure) -> str:
    """Returns a figure as an `<svg>` element, without the prologue of a file."""
    buffer = io.StringIO()
    _save_svg(figure, buffer)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _save_svg(figure: Figure, target: Path | io.StringIO) -> None:
    with matplotlib.rc_context({"svg.hashsalt": HASH_SALT, "svg.fonttype": "path"}):
        figure.savefig(target, format="svg", metadata={"Date": None})
