"""The README is short and true: its code runs, its links lead somewhere, its numbers are the committed results."""

from __future__ import annotations

import re

import pytest
from documents import README, python_blocks

MOST_LINES, LONGEST_LINE = 120, 120


@pytest.mark.slow
def test_library_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = python_blocks(README)
    exec(compile(code, "README.md", "exec", dont_inherit=True), {"__name__": "readme"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3  # three candidates
    assert all(re.match(r"\d+\.\d%  Genotype\(normal=", line) for line in lines)


def test_it_is_short() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if len(line) > LONGEST_LINE] == []
