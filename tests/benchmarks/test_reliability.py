"""The reliability benchmark in short: searches killed at random moments by SIGKILL end as an undisturbed one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_search import HASTY

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_killed_search_ends_as_an_undisturbed_one_and_memory_does_not_grow(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.searches.reliability", "--kills=1", "--candidates=300", "--devices"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | HASTY
    result = tmp_path / "result.json"
    done = subprocess.run(
        [*command, f"--json={result}"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(result.read_text())
    assert sum(found["kills"]["kills"].values()) == 1
    assert found["memory"]["candidates"] >= 290
    assert found["memory"]["grown_mebibytes_in_the_last_three_quarters"] < 40
