"""The command: a study from a config, an analysis from a table, mistakes in one line, Ctrl-C and what comes after."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import Command, running
from study_tables import ORIGINAL, made_up_table
from tiny_search import Trained
from tiny_study import CONFIG, SETTINGS, without_figures

from econas_jax.errors import SearchError
from econas_jax.study import __main__, read_table, table_text


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    with running(__main__, monkeypatch, tmp_path) as run:
        yield run


def config_file(folder: Path) -> str:
    (folder / "tiny.py").write_text(f"""
from econas_jax.experiment.config_fields import to_config_dict
from econas_jax.study.config import from_mapping

def get_config():
    return to_config_dict(from_mapping({dataclasses.asdict(CONFIG)!r}))
""")
    return f"--config={folder / 'tiny.py'}"


def test_what_ends_a_study_is_a_line(
    command: Command, trained: Trained, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def die() -> None:
        raise SearchError("a worker process was killed")

    trained.after_stage = die
    assert command(config_file(tmp_path), "--workdir=results") == 1
    assert capfd.readouterr().err == "error: a worker process was killed\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_and_the_same_command_goes_on(
    number: signal.Signals,
    status: int,
    command: Command,
    trained: Trained,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    arguments = [config_file(tmp_path), "--workdir=results", "--config.networks=4"]

    def stop_once() -> None:
        trained.after_stage = lambda: None
        signal.raise_signal(number)

    trained.after_stage = stop_once
    assert command(*arguments) == status
    output, errors = capfd.readouterr()
    assert output.splitlines()[-1] == (
        "stopped; every finished row is in table.csv, and the same command goes on from there"
    )
    assert errors.strip() == "stopping as soon as the epoch at hand is over; once more to stop at once"
    assert len(read_table(tmp_path / "results" / "table.csv").rows) == 2  # the wave is trained
    assert command(*arguments) == 0
    assert len(trained.jobs) == 4 * SETTINGS  # each once
    output = capfd.readouterr().out
    assert "2 rows are there" in output and "report: results/report.html" in output
    assert "\nNo proxy is recommended: 4 networks are too few" in output


def test_a_table_is_analysed_without_training(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text(table_text(made_up_table().rows))
    assert command("--table=mine.csv", f"--original={ORIGINAL}", "--margin=0.1") == 0
    output, errors = capfd.readouterr()
    assert errors == "" and "\nUse c4r4s2e4: its rho is " in output and "within 0.1 of the best" in output
    assert (tmp_path / "runs" / "mine" / "report.html").exists()
    (tmp_path / "wide.csv").write_text("network,full,flat,short\na,90,50,71\nb,91,50,70\nc,92,50,73\n")
    assert command("--table=wide.csv", "--original=full", "--workdir=out") == 0
    output = capfd.readouterr().out
    assert "flat: rho is undefined: all networks have the same accuracy, 0.5000" in output and "nan" not in output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "expected either --config (a name such as study_small, or a file) or --table"),
        (["--table=none.csv"], "--table and --original go together"),
        (["--table=none.csv", "--original=full"], "table = 'none.csv': expected a CSV file that can be read"),
        (["--table=good.csv", "--original=full"], "proxy = 'full': expected one of the table's: a, b"),
        (["--table=good.csv", "--original=a"], "networks = 2: expected at least 3 networks"),
        (["--table=good.csv", "--original=a", "--margin=-1"], "networks = 2"),
        (["--config=none.py"], "No such file or directory: 'none.py'"),
        (["--tabel=x"], "Unknown command line flag 'tabel'"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.csv").write_text("network,a,b\nx,1,2\ny,2,3\n")
    assert command(*arguments) == 2
    output, errors = capfd.readouterr()
    assert output == "" and errors.startswith("error: ") and errors.count("\n") == 1 and told in errors


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("--config.netwroks=3", "netwroks"),
        ("--config.networks=2", "networks = 2: expected a whole number of at least 3"),
        ("--config.original=c9", "original = 'c9': expected a name such as c4r4s0e60"),
    ],
)
def test_a_wrong_field_is_one_line_and_status_2(
    override: str, told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command(config_file(tmp_path), override) == 2
    errors = capfd.readouterr().err
    assert errors.startswith("error: ") and errors.count("\n") == 1 and told in errors
