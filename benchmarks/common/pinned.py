"""Runs scripts as processes of their own on given cores, and reads the JSON that they write."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.paths import REPOSITORY


def script(name: str, python: str = sys.executable) -> list[str]:
    """Returns the command that runs `benchmarks.NAME`.

    -P keeps the current folder out of the import path: only PYTHONPATH decides which revision is measured.
    """
    return [python, "-P", "-m", f"benchmarks.{name}"]


def run_on(cores: set[int], command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command on these cores with this repository's package; `environment` is added to ours."""
    subprocess.run(_bound(command, cores), check=True, env=_variables(environment))


def run_pinned(command: list[str], cores: set[int], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs a script that takes --json FILE on these cores and returns what it wrote; `environment` is added to ours."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.json"
        run_on(cores, [*command, "--json", str(output)], {**_threads(cores), **(environment or {})})
        return _read(output)


def run_in_turn(
    commands: Sequence[list[str]], turns: int, cores: set[int], repositories: Sequence[Path] = ()
) -> list[dict[str, Any]]:
    """Runs scripts that take --in-turn and returns what they wrote.

    All are alive at once and only one works at any time. A machine's speed changes from minute to minute; with short
    turns all scripts see the same changes.
    repositories: the checkout that each command imports from; default: ours.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        outputs = [Path(folder) / f"{number}.json" for number in range(len(commands))]
        processes: list[Any] = []
        for command, output, repository in zip(
            commands, outputs, repositories or [REPOSITORY] * len(commands), strict=True
        ):
            process = stack.enter_context(
                subprocess.Popen(
                    _bound([*command, "--in-turn", "--json", str(output)], cores),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=_variables(_threads(cores), repository),
                )
            )
            stack.callback(process.kill)  # no effect on a process that has ended
            _wait_for_a_line(process)  # all work before its first turn is done
            processes.append(process)
        for _ in range(turns):
            for process in processes:
                process.stdin.write("\n")
                process.stdin.flush()
                _wait_for_a_line(process)
        for process in processes:
            print(process.communicate()[0], end="")
        return [_read(output) for output in outputs]


def _wait_for_a_line(process: Any) -> None:
    """Waits until the process is ready for its next turn or, after the last one, begins to print its result."""
    if not process.stdout.readline():
        raise subprocess.CalledProcessError(process.wait(), process.args)


def _bound(command: list[str], cores: set[int]) -> list[str]:
    """Returns the command bound to the cores by taskset: a function run after fork is not safe beside threads."""
    return ["taskset", "-c", ",".join(map(str, sorted(cores))), *command]


def _variables(environment: dict[str, str] | None, repository: Path = REPOSITORY) -> dict[str, str]:
    paths = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})}


def _threads(cores: set[int]) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(len(cores))}


def _read(output: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return result
