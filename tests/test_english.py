"""Docstrings can be read alone: in a help text or an index there is no name before them to finish a loose beginning."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
LOOSE = {"Of", "By", "For", "With", "Without", "To", "From", "In", "On", "As", "And", "Likewise", "Those", "Also"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(file: Path) -> Iterator[tuple[int, str]]:
    """Yields the lines and texts of the file's docstrings."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text


@pytest.mark.parametrize("folder", ["econas_jax", "benchmarks", "configs"])
def test_no_docstring_begins_with_a_loose_word(folder: str) -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {text.splitlines()[0]}"
        for file in sorted((REPOSITORY / folder).rglob("*.py"))
        for line, text in docstrings(file)
        if text.split()[0].strip(",:;") in LOOSE
    ]
    assert found == []
