"""Runs scripts of this folder as processes of their own on given cores, and reads the JSON they write."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent


def run_on(cores: set[int], command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command on these cores, with this repository's package; environment: added to ours."""
    subprocess.run(command, check=True, **_options(cores, environment))


def run_pinned(command: list[str], cores: set[int], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs a script that writes --json FILE, on these cores; returns what it wrote. environment: added to ours."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.json"
        run_on(cores, [*command, "--json", str(output)], {**_threads(cores), **(environment or {})})
        return _read(output)


def run_in_turn(
    commands: Sequence[list[str]], turns: int, cores: set[int], repositories: Sequence[Path] = ()
) -> list[dict[str, Any]]:
    """`run_pinned` of scripts that take --in-turn, all alive at once, of which only one works at any time.

    A machine's speed changes from minute to minute; so they share each of them, as far as their turns are short.
    repositories: whose packages the commands import, where it is not ours.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        outputs = [Path(folder) / f"{number}.json" for number in range(len(commands))]
        processes: list[Any] = []
        for command, output, repository in zip(
            commands, outputs, repositories or [REPOSITORY] * len(commands), strict=True
        ):
            script = [*command, "--in-turn", "--json", str(output)]
            options = _options(cores, _threads(cores), repository)
            process = stack.enter_context(
                subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
            )
            stack.callback(process.kill)  # of no effect on one that has ended
            _wait_until_it_has_worked(process)  # what it does before its first turn
            processes.append(process)
        for _ in range(turns):
            for process in processes:
                process.stdin.write("\n")
                process.stdin.flush()
                _wait_until_it_has_worked(process)
        for process in processes:
            print(process.communicate()[0], end="")
        return [_read(output) for output in outputs]


def _wait_until_it_has_worked(process: Any) -> None:
    """It says that it is ready for its next turn, or after the last one begins to print its result."""
    if not process.stdout.readline():
        raise subprocess.CalledProcessError(process.wait(), process.args)


def _options(cores: set[int], environment: dict[str, str] | None, repository: Path = REPOSITORY) -> dict[str, Any]:
    paths = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})}
    return {"preexec_fn": lambda: os.sched_setaffinity(0, cores), "env": variables}


def _threads(cores: set[int]) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(len(cores))}


def _read(output: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return result
