"""The pages of searches and studies: in which sizes images are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.figures.page import Page, Section, write_page

WIDTHS = (1966, 1800, 1050)  # pixels


def images(folder: Path, widths: tuple[int, ...]) -> list[WrittenFigure]:
    paths = [folder / f"{number}.png" for number, _ in enumerate(widths)]
    for path, width in zip(paths, widths, strict=True):
        Image.new("L", (width, 9)).save(path)
    return [WrittenFigure(path, path.stem) for path in paths]


def styles(folder: Path, *sections: Section) -> list[str]:
    write_page(folder / "page.html", Page("A page", (), sections))
    return re.findall(r'<img style="width: ([^"]*)"', (folder / "page.html").read_text())


def shown(style: str, page: float) -> float:
    """The width in CSS pixels on a page of this width."""
    found = re.fullmatch(r"min\(([0-9.]+)%, ([0-9]+)px\)", style)
    assert found is not None
    return min(float(found[1]) / 100 * page, float(found[2]))


@pytest.mark.parametrize("page", [358, 960, 1900, 3000])
@pytest.mark.parametrize("widths", [WIDTHS, WIDTHS[::-1], WIDTHS[2:]])
def test_images_of_a_section_have_one_scale_and_none_is_cut(page: int, widths: tuple[int, ...], tmp_path: Path) -> None:
    found = [shown(style, page) for style in styles(tmp_path, Section("Cells", figures=images(tmp_path, widths)))]
    expected = min(1.0, page / max(widths))
    assert [width / own for width, own in zip(found, widths, strict=True)] == pytest.approx(
        [expected] * len(widths), rel=1e-3
    )
    assert max(found) <= page


def test_sections_have_their_own_scales_and_another_file_its_own_width(tmp_path: Path) -> None:
    cells = images(tmp_path, (2000, 1000))
    other = tmp_path / "other.png"
    other.write_bytes(b"no image")
    sections = (Section("Cells", figures=cells), Section("Charts", figures=[cells[1], WrittenFigure(other, "other")]))
    assert styles(tmp_path, *sections) == [
        "min(100.00%, 2000px)",
        "min(50.00%, 1000px)",
        "min(100.00%, 1000px)",
        "auto",
    ]
