"""A report as one file of HTML that opens offline: what it consists of, and how it is written."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.files import write_text

TEMPLATE = "report.html.j2"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLUMNS = 5  # of a table that fits a phone


@dataclass(frozen=True)
class PageTable:
    """A table's cells as they are shown; marked: the index of the row that the page is about, None for none."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: int | None = None


@dataclass(frozen=True)
class Section:
    """A heading and what is under it, in this order; texts keep their line breaks."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[PageTable] = ()
    figures: Sequence[WrittenFigure] = ()
    texts: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """A page; summary: the sentences that a reader in a hurry needs."""

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]


def write_page(path: Path, page: Page) -> None:
    """Writes the page with its style and images inside; every text is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("econas_jax.figures"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["widths"] = image_widths
    write_text(path, environment.get_template(TEMPLATE).render(page=page, most_columns=MOST_COLUMNS))


def image_widths(figures: Sequence[WrittenFigure]) -> list[str]:
    """Returns each image's width in CSS, "auto" for a file that is no PNG.

    All images of a section have one scale: their own, or on a narrower page the one in which the widest fits.
    """
    pixels = [_pixels(figure.path) for figure in figures]
    widest = max(pixels, default=0)
    return [f"min({100 * width / widest:.2f}%, {width}px)" if width else "auto" for width in pixels]


def _pixels(path: Path) -> int:
    """Returns a PNG's width, 0 for another file."""
    start = path.read_bytes()[:20]
    return int.from_bytes(start[16:20], "big") if start[:8] == PNG_SIGNATURE else 0


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
