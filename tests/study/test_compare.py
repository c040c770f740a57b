"""The command that compares two proxies: by a table without JAX, by training, and its mistakes in one line."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from study_tables import ORIGINAL, made_up_table
from tiny_network import TinyNetwork
from tiny_search import Trained, share_trainers
from tiny_study import CONFIG

from econas_jax.study import compare, table_text

FIRST, SECOND = "c3r2s2e8", "c2r4s2e8"
# Ranks of the networks by hand: "same" has those of the original setting, "turned" the opposite ones.
BY_HAND = "network,full,same,turned\na,10,1,4\nb,20,2,3\nc,30,3,2\nd,40,4,1\n"

Command = Callable[..., int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    monkeypatch.chdir(tmp_path)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str) -> int:
        try:
            return compare.main(list(arguments))
        except SystemExit as leaving:
            assert isinstance(leaving.code, int)
            return leaving.code

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def cells(output: str) -> list[list[str]]:
    """The cells of a markdown table's rows, without the line below its header."""
    lines = [line.strip("| ").split(" | ") for line in output.splitlines() if line.startswith("|")]
    return [lines[0], *lines[2:]]


def test_ranks_by_hand(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.csv").write_text(BY_HAND)
    assert command("same", "turned", "--table=mine.csv", "--original=full", "--json=difference.json") == 0
    output, errors = capfd.readouterr()
    header, same, turned = cells(output)
    assert errors == "" and header[:3] == ["proxy", "rho", "tau"]
    assert same[0] == "same" and same[1].startswith("1.00 (") and same[3] == "100 %"
    assert turned[0] == "turned" and turned[1].startswith("-1.00 (") and turned[3] == "0 %"
    assert same[-2:] == ["-", "-"]  # a table without costs
    assert re.search(r"^rho of same less that of turned: 2\.00 \(.*\), 4 networks$", output, re.MULTILINE)
    assert json.loads((tmp_path / "difference.json").read_text())["value"] == pytest.approx(2.0)


def test_costs_are_how_many_times_cheaper_a_run_is(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text(table_text(made_up_table().rows))
    assert command(FIRST, SECOND, "--table=mine.csv", f"--original={ORIGINAL}") == 0
    first, second = cells(capfd.readouterr().out)[1:]
    assert (first[-2], second[-2]) == ("2.0", "4.0")  # one subscript more, and two: the table's costs halve with each


def test_a_table_is_compared_without_jax(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(BY_HAND)
    code = (
        "import sys; from econas_jax.study.compare import main; "
        "main(['same', 'turned', '--table=mine.csv', '--original=full']); "
        "sys.exit(' '.join({'jax', 'flax', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert (done.stderr.strip(), done.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a"], "the following arguments are required: second"),
        (["a", "b"], "one of the arguments --table --config is required"),
        (["a", "b", "--table=none.csv"], "--table and --original go together"),
        (["a", "b", "--config=none.py", "--original=full"], "--table and --original go together"),
        (["a", "b", "--table=none.csv", "--original=full"], "table = 'none.csv': expected a CSV file that can be read"),
        (["a", "b", "--table=mine.csv", "--original=full", "--networks=3"], "--networks goes with --config"),
        (["same", "b", "--table=mine.csv", "--original=full"], "proxy = 'b': expected one of same, turned"),
        (["same", "turned", "--table=mine.csv", "--original=nil"], "proxy = 'nil': expected one of the table's"),
        (["a", "b", "--config=none.py"], "No such file or directory: 'none.py'"),
        (["a", "b", "--config=empty.py"], "empty.py: the config file has no function get_config()"),
        (["a", "b", "--config=broken.py"], "broken.py, line 1: SyntaxError"),
        (["same", "turned", "--table=mine.csv", "--original=full", "--jsn=x"], "unrecognized arguments: --jsn=x"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text(BY_HAND)
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("def get_config(:\n")
    assert command(*arguments) == 2
    output, errors = capfd.readouterr()
    assert output == "" and errors.startswith("error: ") and errors.count("\n") == 1 and told in errors


def test_a_result_that_cannot_be_written_is_one_line(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text(BY_HAND)
    assert command("same", "turned", "--table=mine.csv", "--original=full", "--json=mine.csv/x.json") == 2
    errors = capfd.readouterr().err
    assert errors.startswith("error: json = 'mine.csv/x.json': expected a file that can be written")
    assert errors.count("\n") == 1


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trained:
    """Studies train tiny networks; a config file of one is there as tiny.py."""
    (tmp_path / "tiny.py").write_text(f"""
from econas_jax.experiment.config_fields import to_config_dict
from econas_jax.study.config import from_mapping

def get_config():
    return to_config_dict(from_mapping({dataclasses.asdict(CONFIG)!r}))
""")
    return share_trainers(monkeypatch, TinyNetwork)


def test_what_is_missing_is_trained_and_nothing_twice(
    command: Command, trained: Trained, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["c3r4s0e2", "c4r4s0e2", "--config=tiny.py", "--networks=3", "--workdir=out"]
    assert command(*arguments) == 0
    assert len(trained.jobs) == 3 * 3  # the original setting and two proxies, the grid of the config left out
    _, first, second = cells(capfd.readouterr().out)
    assert (first[0], second[0]) == ("c3r4s0e2", "c4r4s0e2")
    assert command(*arguments) == 0
    assert len(trained.jobs) == 3 * 3
    assert command("c3r4s0e2", "c9", "--config=tiny.py") == 2
    errors = capfd.readouterr().err
    assert errors.startswith("error: proxies = 'c9': expected a name such as c4r4s0e60") and errors.count("\n") == 1


def test_a_signal_stops_the_training(
    command: Command, trained: Trained, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def stop_once() -> None:
        trained.after_stage = lambda: None
        signal.raise_signal(signal.SIGINT)

    trained.after_stage = stop_once
    assert command("c3r4s0e2", "c4r4s0e2", "--config=tiny.py", "--networks=3", "--workdir=out") == 130
    assert "stopped; every finished row is in table.csv" in capfd.readouterr().out
