"""The pages are true: code can be read, links lead to files, tables are the committed results."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from documents import PAGES, REPOSITORY, python_blocks

from benchmarks.tables import TABLES, with_tables


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_page(page: Path) -> None:
    """Code can be read, links to files lead to files, tables are what the script makes of the results."""
    text = page.read_text(encoding="utf-8")
    for code in python_blocks(page):
        ast.parse(code)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"(?<![\w/])((?:configs|benchmarks|tests)/[\w/.]+\.(?:py|md|json))", text)
    assert [path for path in named if not (REPOSITORY / path).exists()] == []
    assert with_tables(text) == text


def test_every_table_is_shown() -> None:
    shown = {name for page in PAGES for name in re.findall(r"<!-- table: (\w+) -->", page.read_text(encoding="utf-8"))}
    assert shown == set(TABLES)
