"""The README is true: its library code runs, the files it names exist, its numbers are the committed results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.tables import TABLES, with_tables

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_library_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3  # three candidates
    assert all(re.match(r"\d+\.\d%  Genotype\(normal=", line) for line in lines)


def test_named_files_exist() -> None:
    named = re.findall(r"(?:configs|benchmarks|tests|docs)/[\w/.]+\w", README)
    assert len(named) >= 5
    assert [path for path in named if not (REPOSITORY / path).exists()] == []


def test_tables_are_those_of_the_committed_results() -> None:
    assert set(re.findall(r"<!-- table: (\w+) -->", README)) == set(TABLES)
    assert with_tables(README) == README
