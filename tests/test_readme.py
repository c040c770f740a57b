"""The README is true: its library code runs, the files it names exist, its numbers are the committed results."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
RESULTS = REPOSITORY / "benchmarks" / "results" / "cifar10_small" / "summary.json"


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


def test_the_search_table_is_the_committed_one() -> None:
    cycles = json.loads(RESULTS.read_text(encoding="utf-8"))["cycles"]
    shown = re.findall(r"^\| (\d+) \| .* \| ([\d.]+) % \| [\d,]+ \|$", README, re.MULTILINE)
    assert len(shown) >= 3
    expected = {str(row["cycle"]): f"{100 * row['best_accuracy']:.2f}" for row in cycles}
    assert all(expected[cycle] == best for cycle, best in shown)


def test_the_table_of_steps_is_the_committed_one() -> None:
    file = REPOSITORY / "benchmarks" / "results" / "against_released.json"
    rounds = json.loads(file.read_text(encoding="utf-8"))["rounds"]
    expected = [
        (
            str(number),
            f"{statistics.mean(row['released_seconds']):.3f}",
            f"{statistics.mean(row['our_seconds']):.3f}",
            f"{row['ratio_of_means']:.2f}",
            f"{min(row['ratios']):.1f} to {max(row['ratios']):.1f}",
            f"{row['our_compile_seconds']:.0f}",
        )
        for number, row in enumerate(rounds, 1)
    ]
    line = r"^\| (\d+) \| (\d\.\d{3}) \| (\d\.\d{3}) \| ([\d.]+) \| ([\d.]+ to [\d.]+) \| (\d+) \|$"
    assert re.findall(line, README, re.MULTILINE) == expected
