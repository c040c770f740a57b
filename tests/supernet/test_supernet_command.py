"""The command on real images and the real network: mistakes, a whole search, Ctrl-C and what comes after it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from in_process import Command, assert_refused, running
from tiny_search import quick_compilation, start_jax
from tiny_supernet import assert_same_search, share_trainers

from econas_jax.report import __main__ as report
from econas_jax.retrain.choices import choices
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet import __main__
from econas_jax.supernet.trainer import SupernetTrainer

REPOSITORY = Path(__file__).resolve().parents[2]
DIGITS = f"--config={REPOSITORY / 'configs' / 'darts_digits.py'}"
SMALL = [
    "--config.proxy.channels=2",
    "--config.proxy.epochs=2",
    "--config.network.cells=3",
    "--config.network.nodes=1",
    "--config.training.batch_size=240",  # three whole batches
]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    start_jax(monkeypatch)
    share_trainers(monkeypatch)
    with running(__main__, monkeypatch, tmp_path) as run:
        yield run


MISTAKES = {
    "no config": ([], "--config is missing: expected a name such as darts_digits"),
    "misspelt field": ([DIGITS, "--config.search.learning_rat=1"], "learning_rat"),
    "unknown method": ([DIGITS, "--config.method=dart"], "method = 'dart': expected one of darts"),
    "unknown product": (
        [DIGITS, "--config.search.product=half"],
        "search.product = 'half': expected difference or exact",
    ),
    "no share": (
        [DIGITS, "--config.search.architecture_share=1.0"],
        "search.architecture_share = 1.0: expected a number in (0, 1)",
    ),
    "a resolution that cannot be halved": (
        [DIGITS, "--config.proxy.resolution=10"],
        "proxy.resolution = 10: expected a multiple of 4",
    ),
    "a final rate above the first": (
        [DIGITS, "--config.training.final_learning_rate=0.2"],
        "training.final_learning_rate = 0.2: expected a number from 0 to learning_rate, 0.1",
    ),
    "too large a batch": (
        [DIGITS, "--config.training.batch_size=9999"],
        "training.batch_size = 9999: expected at most 750",
    ),
    "too large a padding": (
        [DIGITS, "--config.training.augmentation.crop_padding=8"],
        "training.augmentation.crop_padding = 8: expected less than the images' size, 8",
    ),
    "a config of a search": ([f"--config={REPOSITORY / 'configs' / 'digits.py'}"], "config field = 'algorithm'"),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert_refused(command, arguments, told, tmp_path, capfd)


def test_help_lists_the_fields(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("--help") == 0
    output = capfd.readouterr().out
    assert "usage: econas-jax supernet" in output and "darts_c4r2" in output
    for field in ("search.second_order", "proxy.sample_ratio", "training.augmentation.cutout", "save_epochs"):
        assert f"  {field}: " in output


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A search's folder and its command's exit status."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch, quick_compilation():
        start_jax(monkeypatch)
        share_trainers(monkeypatch)
        with running(__main__, monkeypatch, folder) as run:
            status = run(DIGITS, *SMALL)
    yield folder / "runs" / "darts_digits", status


@pytest.mark.slow
def test_a_search_leaves_a_genotype_and_a_page(undisturbed: tuple[Path, int]) -> None:
    folder, status = undisturbed
    assert status == 0
    names = {path.name for path in folder.iterdir()} - {".lock"}
    assert names == {
        *("checkpoints", "config.json", "figures", "history.jsonl", "report.html", "result.json", "tensorboard")
    }
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png") == 5 and "Skip-connects" in page
    written = json.loads((folder / "result.json").read_text())
    (choice,) = choices(str(folder / "result.json"))
    assert choice.genotype == Genotype.parse(written["best"][0]["genotype"])
    assert choice.genotype.normal.nodes == 1 and written["best"][0]["epoch"] == 1
    assert any((folder / "tensorboard").iterdir())


@pytest.mark.slow
def test_the_report_is_written_anew(undisturbed: tuple[Path, int], capfd: pytest.CaptureFixture[str]) -> None:
    folder, _ = undisturbed
    (folder / "report.html").unlink()
    assert report.main([str(folder)]) == 0
    assert "report.html" in capfd.readouterr().out and (folder / "report.html").exists()


@pytest.mark.slow
def test_ctrl_c_stops_after_the_step_and_the_same_command_goes_on(
    undisturbed: tuple[Path, int],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In the second epoch, after the first of its three steps."""
    steps = iter(range(1, 1000))
    step = SupernetTrainer.step

    def counting(*arguments: Any) -> Any:
        if next(steps) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*arguments)

    with quick_compilation():
        with monkeypatch.context() as patch:
            patch.setattr(SupernetTrainer, "step", counting)
            assert command(DIGITS, *SMALL) == 130
        output, errors = capfd.readouterr()
        assert output.splitlines()[-1] == "stopped; the same command goes on from here"
        assert errors.strip() == "stopping as soon as the step at hand is over; once more to stop at once"
        assert command(DIGITS, *SMALL) == 0
    assert "going on in epoch 2, after 1 of its 3 steps" in capfd.readouterr().out
    assert_same_search(tmp_path / "runs" / "darts_digits", undisturbed[0])
