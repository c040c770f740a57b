"""The command: one line and status 2 for every mistake, results with status 0, Ctrl-C and what comes after it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from in_process import Command, running
from search_output import FILES, lines, without_figures
from tiny_search import CONFIG, XLA_FLAGS, Trained, start_jax

from econas_jax.search import __main__

REPOSITORY = Path(__file__).resolve().parents[2]
DIGITS = f"--config={REPOSITORY / 'configs' / 'digits.py'}"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    start_jax(monkeypatch)
    with running(__main__, monkeypatch, tmp_path) as run:
        yield run


def config_file(folder: Path) -> Path:
    """A config file for CONFIG."""
    file = folder / "tiny.py"
    file.write_text(f"""
from econas_jax.search import from_mapping
from econas_jax.experiment.config_fields import to_config_dict

def get_config():
    return to_config_dict(from_mapping({dataclasses.asdict(CONFIG)!r}))
""")
    return file


MISTAKES = {
    "misspelt field": ([DIGITS, "--config.search.cycels=3"], "cycels"),
    "misspelt group": ([DIGITS, "--config.serch.cycles=3"], "serch"),
    "negative count": (
        [DIGITS, "--config.search.cycles=-1"],
        "search.cycles = -1: expected a whole number of at least",
    ),
    "text for a number": ([DIGITS, "--config.search.cycles=many"], "search.cycles = 'many': expected a whole number"),
    "fraction for a count": ([DIGITS, "--config.search.cycles=1.5"], "search.cycles = '1.5': expected a whole number"),
    "text for a list": ([DIGITS, "--config.search.parents_per_population=a,b"], "parents_per_population"),
    "no truth value": (
        [DIGITS, "--config.search.skip_repeats=maybe"],
        "search.skip_repeats = 'maybe': expected True or False",
    ),
    "number for a group": ([DIGITS, "--config.search=3"], "config.search=3"),
    "unknown data set": ([DIGITS, "--config.data.name=imagenet"], "data.name = 'imagenet': expected one of cifar10, "),
    "missing folder": (
        [DIGITS, "--config.data.name=image_folder", "--config.data.path=nowhere"],
        "error: data.path = 'nowhere'",
    ),
    "missing file": ([DIGITS, "--config.data.name=npz", "--config.data.path=no.npz"], "error: data.path = 'no.npz'"),
    "too large a batch": ([DIGITS, "--config.training.batch_size=9999"], "training.batch_size = 9999"),
    "no config": ([], "--config is missing: expected a name such as digits or a file"),
    "missing config": (["--config=configs/missing.py"], "No such file or directory: 'configs/missing.py'"),
    "folder for a config": ([f"--config={REPOSITORY}"], "directory"),
    "no value": ([DIGITS, "--workdir"], "workdir"),
    "no dashes": ([DIGITS, "search.cycles=3"], "not a flag: 'search.cycles=3' (flags begin with two dashes"),
    "one dash": ([DIGITS, "-search.cycles=3"], "search.cycles"),
    "unknown flag": ([DIGITS, "--cycles=3"], "Unknown command line flag 'cycles'"),
    "workdir is a file": ([DIGITS, f"--workdir={__file__}"], "a folder that can be written"),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == 2
    output, errors = capfd.readouterr()
    assert errors.startswith("error: ") and errors.count("\n") == 1 and errors.endswith("\n")
    assert told in errors and "Traceback" not in output + errors
    assert "\\n" not in errors  # no line break in disguise


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def get_config(:\n", "invalid syntax"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        ("x = 1\n", "error: broken.py: the config file has no function get_config()"),
        ("def get_config():\n    return 3\n", "broken.py: get_config() returned 3: expected a ConfigDict"),
        ("def get_config():\n    return ConfigDict()\n", "error: broken.py, line 2: NameError: "),
        ("import os\nos.environ['NO_SUCH']\n", "error: broken.py, line 2: KeyError: 'NO_SUCH'"),
    ],
)
def test_a_config_file_that_is_none_is_one_line_and_status_2(
    text: str, told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text(text)
    assert command("--config=broken.py") == 2
    errors = capfd.readouterr().err
    assert errors.startswith("error: ") and errors.count("\n") == 1 and told in errors


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


def test_a_search_runs_with_overrides_and_says_where_its_results_are(
    command: Command, trained: Trained, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    overrides = ["--config.search.cycles=2", "--config.search.parents_per_population=3,0,0", "--config.devices=2"]
    assert command(f"--config={config_file(tmp_path)}", *overrides) == 0
    output, errors = capfd.readouterr()
    assert errors == ""
    assert "round 2/2" in output and "best genotypes" in output
    assert "results in runs/tiny\n" in output
    description = json.loads((tmp_path / "runs" / "tiny" / "config.json").read_text())
    assert description["config"]["search"]["cycles"] == 2
    assert description["config"]["search"]["parents_per_population"] == [3, 0, 0]
    assert len({job.candidate for job in trained.jobs}) == 4 + 2 * 3


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_after_the_epoch_and_the_same_command_goes_on(
    number: signal.Signals,
    status: int,
    command: Command,
    trained: Trained,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    arguments = [f"--config={config_file(tmp_path)}", "--workdir=results"]

    def stop_once() -> None:
        trained.after_stage = lambda: None
        signal.raise_signal(number)

    trained.after_stage = stop_once
    assert command(*arguments) == status
    output, errors = capfd.readouterr()
    assert output.splitlines()[-1] == "stopped; the same command goes on from here"
    assert errors.strip() == "stopping as soon as the epoch at hand is over; once more to stop at once"
    assert len(trained.jobs) == 4  # the wave is trained, and nothing of it is lost
    assert command(*arguments) == 0
    assert len(trained.jobs) == 4 + 3 * (3 + 2 + 1)  # each stage once
    assert "going on in round 1, after 4 stages" in capfd.readouterr().out


def test_a_search_that_cannot_go_on_is_one_line_and_status_1(
    command: Command, trained: Trained, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [f"--config={config_file(tmp_path)}", "--config.disk_gib=0.000001"]
    assert command(*arguments) == 1
    errors = capfd.readouterr().err
    assert errors.startswith("error: the next commit needs ") and errors.count("\n") == 1
    assert command(arguments[0]) == 0


def test_a_second_ctrl_c_stops_at_once(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def search(config: Any, workdir: Path, reporter: Any, should_stop: Callable[[], bool]) -> None:
        assert not should_stop()
        signal.raise_signal(signal.SIGINT)
        assert should_stop()
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("still here")

    monkeypatch.setattr("econas_jax.search.run_search", search)
    assert command(f"--config={config_file(tmp_path)}") == 130
    assert capfd.readouterr().out.splitlines() == ["stopped; the same command goes on from here"]


# The command with TinyNetwork and without figures, which take longer than all the rest.
TINY_COMMAND = """
import sys
import econas_jax.nn.darts.family, econas_jax.search.report.figures
from tiny_network import TinyNetwork
from econas_jax.search.__main__ import main
econas_jax.nn.darts.family.SearchNetwork = TinyNetwork
econas_jax.search.report.figures.write_search_figures = lambda *arguments: []
sys.exit(main(sys.argv[1:]))
"""


def start(folder: Path, *arguments: str, tiny: bool = False, **environ: str) -> subprocess.Popen[str]:
    """Starts the command as a process of its own, in a process group of its own, in the folder."""
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests" / "helpers")]),
        "XLA_FLAGS": XLA_FLAGS,
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # as the trainers of tiny_search are compiled
    }
    environment |= environ
    program = ["-c", TINY_COMMAND] if tiny else ["-m", "econas_jax.search"]
    command = [sys.executable, "-u", *program, *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_process_says_a_mistake_in_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, DIGITS, "--config.search.cycels=3")
    output, errors = process.communicate()
    assert process.returncode == 2
    assert output == "" and errors.startswith("error: ") and errors.count("\n") == 1


@pytest.mark.slow
def test_a_signal_to_the_whole_group_while_compiling_ends_with_the_status_of_a_signal(tmp_path: Path) -> None:
    """As a scheduler sends it; no program is kept in the folder, so that compiling takes long."""
    process = start(tmp_path, DIGITS, "--workdir=run", JAX_COMPILATION_CACHE_DIR=str(tmp_path / "programs"))
    assert process.stdout is not None
    while "compiling for" not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 143, errors
    assert "Traceback" not in errors and not list((tmp_path / "programs").glob("filled-*"))


def test_a_process_stopped_by_ctrl_c_goes_on_to_the_undisturbed_result(tmp_path: Path) -> None:
    """In worker processes; undisturbed in one of these, and stopped in two.

    That the search network computes the same in any number of them is tested in `test_process_trainer`. It commits
    after every stage, so that it cannot be at its end by the time the first one can be read.
    """
    config = f"--config={config_file(tmp_path)}"
    arguments = [config, "--workdir=stopped", "--config.save_seconds=0.0", "--config.devices=2"]
    process = start(tmp_path, *arguments, tiny=True)
    history = tmp_path / "stopped" / "history.jsonl"
    while process.poll() is None and not (history.exists() and history.read_text()):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "stopped; the same command goes on from here" in output
    assert "\x1b" not in output and "\r" not in output
    assert 1 <= len(lines(history)) < 4 + 3 * (3 + 2 + 1)

    for command in (arguments, [config, "--workdir=undisturbed", "--config.devices=1"]):
        process = start(tmp_path, *command, tiny=True)
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert errors == "" and "\x1b" not in output and "\r" not in output
    for name in FILES:
        assert lines(tmp_path / "stopped" / name) == lines(tmp_path / "undisturbed" / name)


def test_matplotlib_is_not_imported_before_there_is_something_to_draw() -> None:
    code = "import sys, econas_jax.search.__main__; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
