"""The command econas-jax in processes of its own: what it lists, what its subcommands load, what mistakes say."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import IO

import pytest

from econas_jax.__main__ import COMMANDS, main

REPOSITORY = Path(__file__).resolve().parent.parent
# Ends with what was loaded that help and status have no need of.
LOADS = """
import sys
from econas_jax.__main__ import main
status = main(sys.argv[1:])
print([name for name in ("jax", "flax", "optax", "orbax", "matplotlib", "sklearn") if name in sys.modules])
sys.exit(status)
"""


def run(*arguments: str, folder: Path, output: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.PIPE, text=True)


def test_the_script_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"econas-jax": "econas_jax.__main__:main"}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_it_lists_its_subcommands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert listed == list(COMMANDS)
    assert {"search", "study", "retrain", "zoo"} < set(listed)


def test_another_word_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serach"]) == 2
    output, errors = capsys.readouterr()
    assert output == "" and errors.startswith("error: no such command: 'serach'\n")
    assert all(f"\n  {name} " in errors for name in COMMANDS)


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"econas_jax {importlib.metadata.version('econas_jax')}\n"


@pytest.mark.parametrize(
    ("command", "field", "config"),
    [
        ("search", "training.batch_size: int = 384", "econas"),
        ("study", "training.batch_size: int = 96", "study_small"),
        ("supernet", "proxy.channels: int = 16", "darts_c4r2"),
        ("compare", "contenders.NAME.training.batch_size: int = 384", "compare_table"),
    ],
)
def test_help_lists_fields_and_configs_without_jax(command: str, field: str, config: str, tmp_path: Path) -> None:
    done = run("-c", LOADS, command, "--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    assert lines[0].startswith(f"usage: econas-jax {command} --config NAME")
    assert any(line.strip().startswith(field) for line in lines)
    assert any(line.startswith(f"  {config} ") for line in lines)


@pytest.mark.parametrize("command", ["status", "report", "compare-proxies", "export", "predict", "zoo"])
def test_the_other_subcommands_have_help(command: str, tmp_path: Path) -> None:
    done = run("-m", "econas_jax", command, "--help", folder=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("usage: ")


def test_a_config_is_found_by_name_outside_the_checkout(tmp_path: Path) -> None:
    done = run("-m", "econas_jax", "search", "--config=digits", "--config.search.cycles=-1", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: search.cycles = -1: expected ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("search", "cifar10_small, digits, econas, "),
        ("supernet", "darts, darts_c4r2, darts_digits, darts_second_order, enas, "),
        ("retrain", "retrain_cifar10, retrain_cifar10_small, "),
        ("study", "study, study_small, or a file "),
        ("compare", "compare_cifar10, compare_cifar10_small, compare_digits, "),
        ("compare-proxies", "study, study_small, or a file "),
    ],
)
def test_an_unknown_name_is_one_line_with_the_names_of_the_command(command: str, names: str, tmp_path: Path) -> None:
    more = ["a", "b"] if command == "compare-proxies" else []
    done = run("-m", "econas_jax", command, *more, "--config", "digit", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: no config is named 'digit': expected one of {names}")
    assert done.stderr.count("\n") == 1


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = run("-m", "econas_jax", "search", "--help", folder=tmp_path, output=nobody)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_every_command_loads_is_free_of_jax_and_flax(tmp_path: Path) -> None:
    code = (
        "import sys, econas_jax.experiment.lock, econas_jax.experiment.cli; print({'jax', 'flax'} & set(sys.modules))"
    )
    assert run("-c", code, folder=tmp_path).stdout == "set()\n"
