"""Two revisions side by side: each is measured by its own script with its own package, whatever the current folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.common.pinned import run_in_turn
from benchmarks.step.compare_revisions import compare, is_known, proxy_step_of

# The contract of proxy_step: --in-turn, --json and `step_seconds`. It writes the seconds of the package it imported.
SCRIPT = """
import json, sys
import econas_jax
for _ in range(2):
    print("ready", flush=True)
    sys.stdin.readline()
assert "--in-turn" in sys.argv
open(sys.argv[sys.argv.index("--json") + 1], "w").write(json.dumps({"step_seconds": econas_jax.SECONDS}))
print("done")
"""


def checkout(folder: Path, script: str, seconds: list[float]) -> Path:
    """Makes a repository with a made-up package and its proxy_step."""
    for name, text in {"econas_jax/__init__.py": f"SECONDS = {seconds}\n", script: SCRIPT}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for package in (folder / script).parents:
        if package != folder and folder in package.parents:
            (package / "__init__.py").touch()  # else a package of this name that is installed would be found first
    return folder


def test_each_revision_is_measured_with_its_own_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flat = checkout(tmp_path / "flat", "benchmarks/proxy_step.py", [4.0, 2.0])
    packaged = checkout(tmp_path / "packaged", "benchmarks/step/proxy_step.py", [2.0, 2.0])
    decoy = checkout(tmp_path / "decoy", "benchmarks/step/proxy_step.py", [9.0, 9.0])
    monkeypatch.chdir(decoy)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    sides = [flat, packaged]
    base, ours = run_in_turn([proxy_step_of(side) for side in sides], 2, {0}, sides)
    assert compare(base, ours) == {
        "base_seconds": [4.0, 2.0],
        "our_seconds": [2.0, 2.0],
        "ratios": [0.5, 1.0],
        "ratio_of_means": pytest.approx(4 / 6),
    }


def test_a_script_that_fails_ends_the_comparison(tmp_path: Path) -> None:
    broken = checkout(tmp_path / "broken", "benchmarks/proxy_step.py", [1.0])
    (broken / "econas_jax" / "__init__.py").write_text("raise SystemExit(3)\n")
    with pytest.raises(Exception, match="exit status 3"):
        run_in_turn([proxy_step_of(broken)], 2, {0}, [broken])


def test_an_unknown_revision_is_told_beforehand() -> None:
    assert not is_known("no-such-revision")
