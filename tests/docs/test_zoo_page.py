"""The page of the zoo shows what the command prints."""

from __future__ import annotations

import re

import pytest
from documents import REPOSITORY

from econas_jax.zoo.__main__ import main


def test_the_page_shows_the_commands_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main([]) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    page = (REPOSITORY / "docs" / "zoo.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- output: econas-jax zoo -->\n```text\n(.*?)```\n<!-- end of output -->", page, re.DOTALL)
    assert [text.splitlines() for text in shown] == [printed]
