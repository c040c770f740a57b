"""The lines of --help, for a made-up command."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from econas_jax.experiment import cli
from econas_jax.experiment.help_text import asked_for, help_lines


@dataclasses.dataclass(frozen=True)
class Evolution:
    """Keeps the fittest.

    And forgets the rest.
    """

    children: int = 4  # of a round


@dataclasses.dataclass(frozen=True)
class Climbing:
    """Goes up."""

    steps: int = 7  # until it rests


@dataclasses.dataclass(frozen=True)
class Experiment:
    seed: int = 0  # of every random number, in words so many that one line of a narrow terminal cannot hold them all
    algorithm: str = "evolution"
    search: Any = dataclasses.field(
        default=Evolution(), metadata={"choices": {"evolution": Evolution, "climbing": Climbing}, "by": "algorithm"}
    )


def text() -> str:
    return "\n".join(help_lines("search", "Does what it does.", (cli.CONFIG, cli.WORKDIR), Experiment))


def test_there_are_usage_flags_configs_and_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    lines = text().splitlines()
    assert lines[0].startswith("usage: econas-jax search --config NAME ")
    assert "Does what it does." in lines
    assert any(line.startswith("  --workdir  The folder for results") for line in lines)
    assert any(line.startswith("  digits ") and "1,797 real 8x8 images" in line for line in lines)
    assert not any(line.strip().startswith("study_small") for line in lines)  # for another command
    assert any(line.startswith("  seed: int = 0  # of every random number") for line in lines)
    at = lines.index("  search  # Keeps the fittest.")
    assert lines[at + 1] == "  search.children: int = 4  # of a round"


def test_fields_of_other_choices_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert "\n\n  where algorithm is climbing: Goes up.\n  search.steps: int = 7  # until it rests\n" in text()


def test_lines_are_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, text().splitlines())) <= 60


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--config=digits", "--help"]])
def test_help_is_asked_for_anywhere(arguments: list[str]) -> None:
    assert asked_for(arguments)


def test_help_is_not_asked_for_by_other_words() -> None:
    assert not asked_for(["--config=help", "help", "--workdir=--help"])
