"""What a search shows: lines and no control codes where the output is no terminal, a bar where it is."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from rich.console import Console
from sample_records import DIVERGED, ROUND, STAGE
from tiny_search import genotypes

from econas_jax.algorithms import Member
from econas_jax.search import Reporter

ESCAPE = "\x1b"


@pytest.fixture(autouse=True)
def no_forced_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def reporter_and_output(terminal: bool = False) -> tuple[Reporter, io.StringIO]:
    """A reporter that writes into memory; where it is no terminal it makes its own console, as the command's does."""
    output = io.StringIO()
    if terminal:
        return Reporter(Console(file=output, force_terminal=True, width=120, color_system=None)), output
    reporter = Reporter()
    reporter.console.file = output
    return reporter, output


def test_what_is_being_done_is_said_before_and_its_seconds_after() -> None:
    reporter, output = reporter_and_output()
    with reporter.doing("compiling"):
        assert output.getvalue() == "compiling ...\n"
    assert re.fullmatch(r"compiling \.\.\.\ncompiling: \d+\.\d s\n", output.getvalue())


def test_on_a_terminal_only_the_seconds_stay() -> None:
    reporter, output = reporter_and_output(terminal=True)
    with reporter.doing("compiling"):
        pass
    assert re.search(r"compiling: \d+\.\d s\n$", output.getvalue())


def test_lines_are_neither_wrapped_nor_read_as_markup() -> None:
    reporter, output = reporter_and_output()
    line = "results: runs/[bold]search[/] [/nothing] :smile: " + "x" * 500
    reporter.say(line)
    assert output.getvalue() == line + "\n"


def test_without_a_terminal_there_is_no_bar() -> None:
    reporter, output = reporter_and_output()
    with reporter.stages(total=10, done=2):
        reporter.advance(STAGE, 0.5)
    assert output.getvalue() == ""


def test_the_bar_shows_stages_the_best_accuracy_and_what_is_trained() -> None:
    reporter, output = reporter_and_output(terminal=True)
    with reporter.stages(total=10, done=2):
        reporter.advance(dataclasses.replace(STAGE, round=0, phase="initial population"), None)
        reporter.advance(STAGE, 0.98765)
    (last,) = [line for line in output.getvalue().splitlines() if "4/10" in line]
    assert "round 2, children" in last and "stages, best 98.77 %" in last


def test_after_the_bar_lines_still_come_out() -> None:
    reporter, output = reporter_and_output(terminal=True)
    with reporter.stages(total=10, done=2):
        pass
    before = output.getvalue()
    reporter.advance(DIVERGED, None)
    assert output.getvalue().startswith(before) and "diverged" in output.getvalue()


def test_a_divergence_is_said_once_with_the_candidate_and_its_genotype() -> None:
    reporter, output = reporter_and_output()
    diverged = dataclasses.replace(DIVERGED, genotype=str(genotypes(1)[0]))
    with reporter.stages(total=10, done=0):
        reporter.advance(STAGE, 0.5)
        reporter.advance(diverged, 0.5)
    (line,) = output.getvalue().splitlines()
    assert line.startswith("candidate 3 diverged by epoch 20 ") and line.endswith(diverged.genotype)


def test_a_round_is_one_line_with_its_groups() -> None:
    reporter, output = reporter_and_output()
    reporter.round(ROUND, rounds=100)
    expected = "round   2/100  P_E   5 10.00 %  P_2E   1 66.67 %  P_3E   0       -  best 70.00 %  2 s\n"
    assert output.getvalue() == expected


def best_members(count: int) -> list[Member]:
    return [
        Member(number, genotype, None, 0.9 - number / 10, epochs=60, updated=1)
        for number, genotype in enumerate(genotypes(count))
    ]


def test_the_best_are_a_table_and_texts_to_copy() -> None:
    reporter, output = reporter_and_output()
    members = best_members(3)
    stages = {number: dataclasses.replace(STAGE, candidate=number, epochs=60 + number) for number in range(3)}
    reporter.best(members, stages)
    text = output.getvalue()
    assert "The 3 best genotypes" in text
    (row,) = [line for line in text.splitlines() if "80.00 %" in line]
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == ["2", "1", "80.00 %", "61", "1,234", "56,789"]
    for rank, member in enumerate(members, start=1):
        assert f"{rank}  {member.genotype}\n" in text


def test_nothing_best_is_an_empty_table() -> None:
    reporter, output = reporter_and_output()
    reporter.best([], {})
    assert "The 0 best genotypes" in output.getvalue()


def test_a_silent_reporter_writes_nothing_on_standard_output() -> None:
    reporter = Reporter(show=False)
    output = io.StringIO()
    reporter.console.file = output
    with reporter.doing("x"), reporter.stages(3, 0):
        reporter.say("x")
        reporter.advance(DIVERGED, None)
        reporter.round(ROUND, 3)
        reporter.best(best_members(1), {0: STAGE})
    assert output.getvalue() == ""


def test_plain_output_has_no_control_codes() -> None:
    reporter, output = reporter_and_output()
    with reporter.doing("x"), reporter.stages(3, 0):
        reporter.advance(DIVERGED, None)
        reporter.round(ROUND, 3)
        reporter.best(best_members(2), {0: STAGE, 1: STAGE})
    assert output.getvalue() and ESCAPE not in output.getvalue() and "\r" not in output.getvalue()
