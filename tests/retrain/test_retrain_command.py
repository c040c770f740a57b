"""The command on real images and real networks: mistakes, results, Ctrl-C and what comes after it."""

from __future__ import annotations

import functools
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_process import Command, assert_refused, running
from network_cases import quick_jit
from tiny_retrain import GENOTYPE, assert_same_training, share_trainers
from tiny_search import quick_compilation, start_jax

from econas_jax.data import load_dataset
from econas_jax.models.trained_model import load_model
from econas_jax.retrain import __main__
from econas_jax.retrain.network_run import NetworkRun

REPOSITORY = Path(__file__).resolve().parents[2]
DIGITS = f"--config={REPOSITORY / 'configs' / 'retrain_digits.py'}"
OTHER_SPACE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
SMALL = [
    f"--config.genotype={GENOTYPE}",
    "--config.network.channels=2",
    "--config.training.epochs=2",
    "--config.training.batch_size=480",  # three whole batches: there is one program to compile
    "--config.training.drop_path_probability=0.2",
    "--config.data.validation_size=60",
    "--config.save_epochs=1",
]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    start_jax(monkeypatch)
    share_trainers(monkeypatch)
    with running(__main__, monkeypatch, tmp_path) as run:
        yield run


MISTAKES = {
    "no search yet": ([DIGITS], "there is no file runs/digits/result.json"),
    "unknown name": ([DIGITS, "--config.genotype=DARTS_V3"], "a name that `econas-jax zoo` lists, such as DARTS_V2"),
    "no genotype": ([DIGITS, "--config.genotype=Genotype(normal=[])"], "genotype = 'Genotype(normal=[])'"),
    "misspelt field": ([DIGITS, "--config.training.epoch=3"], "epoch"),
    "unknown schedule": ([DIGITS, "--config.training.schedule=step"], "training.schedule = 'step': expected cosine or"),
    "too large a batch": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.training.batch_size=9999"],
        "training.batch_size = 9999: expected at most 1500",
    ),
    "too large a padding": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.training.augmentation.crop_padding=8"],
        "training.augmentation.crop_padding = 8: expected less than the images' size, 8",
    ),
    "an auxiliary head on small images": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.network.auxiliary=True"],
        "resolution = 8: expected a height and width of 32 to 40 with the auxiliary head",
    ),
    "a resolution that cannot be halved": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.resolution=10"],
        "resolution = 10: expected a height and width that are multiples of 4",
    ),
    "drop-path in another space": (
        [DIGITS, f"--config.genotype={OTHER_SPACE}", "--config.training.drop_path_probability=0.2"],
        "training.drop_path_probability = 0.2: expected 0, since a network of nasbench201 has no drop-path",
    ),
    "an auxiliary head in another space": (
        [DIGITS, f"--config.genotype={OTHER_SPACE}", "--config.network.auxiliary=True"],
        "network.auxiliary = True: expected False: a NAS-Bench-201 network has no auxiliary head",
    ),
    "another stem in another space": (
        [DIGITS, f"--config.genotype={OTHER_SPACE}", "--config.network.stem=imagenet"],
        "network.stem = 'imagenet': expected cifar",
    ),
    "start from no search": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.start=search"],
        "start = 'search': expected scratch",
    ),
    "bfloat16 on a CPU": (
        [DIGITS, f"--config.genotype={GENOTYPE}", "--config.network.compute_dtype=bfloat16"],
        "network.compute_dtype = 'bfloat16': expected float32 on a CPU",
    ),
    "no config": ([], "--config is missing: expected a name such as retrain_digits or a file"),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert_refused(command, arguments, told, tmp_path, capfd)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A retraining's folder and its command's exit status."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch, quick_compilation():
        start_jax(monkeypatch)
        share_trainers(monkeypatch)
        with running(__main__, monkeypatch, folder) as run:
            status = run(DIGITS, *SMALL)
    yield folder / "runs" / "retrain_digits", status


def test_a_retraining_leaves_models_a_table_and_a_page(undisturbed: tuple[Path, int]) -> None:
    folder, status = undisturbed
    assert status == 0
    names = {path.name for path in folder.iterdir()} - {".lock"}
    assert names == {"config.json", "figures", "network_0", "report.html", "result.json", "tensorboard"}
    assert {path.name for path in (folder / "network_0").iterdir()} == {
        *("checkpoints", "history.jsonl", "model", "outcome.json")
    }
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png") == 3 and "test error (%)" in page
    written = json.loads((folder / "result.json").read_text())
    assert written["networks"][0]["genotype"] == GENOTYPE
    assert any((folder / "tensorboard" / "network_0").iterdir())


def test_the_model_does_on_the_test_images_what_was_said(undisturbed: tuple[Path, int]) -> None:
    """By the network that its folder describes, on images prepared as it says."""
    folder, _ = undisturbed
    model = load_model(folder / "network_0" / "model")
    assert model.classes == tuple("0123456789") and model.training["data"] == "digits"
    test = load_dataset("digits", validation_size=0).test
    images = ((test.images / 255 - np.array(model.mean)) / np.array(model.std)).astype(np.float32)
    network: Any = model.description.build()
    logits = quick_jit(functools.partial(network.apply, train=False))(model.variables, images)
    correct = int(np.sum(np.argmax(np.asarray(logits), axis=1) == test.labels))
    assert model.accuracy["test"] == pytest.approx(correct / 297, abs=1.5 / 297)


def test_finished_it_only_prints_its_result(
    undisturbed: tuple[Path, int], command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, _ = undisturbed
    before = (folder / "network_0" / "outcome.json").stat().st_mtime_ns
    with quick_compilation():
        assert command(DIGITS, *SMALL, f"--workdir={folder}") == 0
    output, errors = capfd.readouterr()
    assert errors == "" and "Retrained networks" in output and "compiling" not in output
    assert (folder / "network_0" / "outcome.json").stat().st_mtime_ns == before


def test_ctrl_c_stops_after_the_step_and_the_same_command_goes_on(
    undisturbed: tuple[Path, int],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In the second epoch, after the first of its three steps; on what is there then, nothing is computed twice."""
    with quick_compilation(), monkeypatch.context() as patch:
        _after_steps(patch, 4, lambda: os.kill(os.getpid(), signal.SIGINT))
        assert command(DIGITS, *SMALL) == 130
    output, errors = capfd.readouterr()
    assert output.splitlines()[-1] == "stopped; the same command goes on from here"
    assert errors.strip() == "stopping as soon as the step at hand is over; once more to stop at once"
    with quick_compilation():
        assert command(DIGITS, *SMALL) == 0
    assert "going on in epoch 2, after 1 of its steps" in capfd.readouterr().out
    assert_same_training(tmp_path / "runs" / "retrain_digits" / "network_0", undisturbed[0] / "network_0")


def _after_steps(monkeypatch: pytest.MonkeyPatch, steps: int, act: Callable[[], None]) -> None:
    """Acts once so many steps were counted or handed to the devices."""
    asked = NetworkRun.run

    def run(self: NetworkRun) -> Any:
        step, taken = self.trainer.step, iter(range(1, 10_000))

        def counting(*arguments: Any) -> Any:
            result = step(*arguments)
            if next(taken) == steps:
                act()
            return result

        monkeypatch.setattr(self.trainer, "step", counting)
        return asked(self)

    monkeypatch.setattr(NetworkRun, "run", run)


def test_a_network_that_diverges_is_one_line_and_status_1(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with quick_compilation():
        assert command(DIGITS, *SMALL, "--config.training.learning_rate=1e30") == 1
    output, errors = capfd.readouterr()
    assert errors == "error: 1 of 1 networks came to no result\n"
    assert "network 1 of 1 diverged: a loss that is not finite" in output and "Traceback" not in output
    assert "diverged" in (tmp_path / "runs" / "retrain_digits" / "report.html").read_text()


@pytest.mark.slow
def test_a_network_of_the_other_space(command: Command, tmp_path: Path) -> None:
    arguments = [DIGITS, *SMALL, f"--config.genotype={OTHER_SPACE}", "--config.training.drop_path_probability=0"]
    with quick_compilation():
        assert command(*arguments) == 0
    model = load_model(tmp_path / "runs" / "retrain_digits" / "network_0" / "model")
    assert model.description.kind == "nasbench201" and model.description.title == OTHER_SPACE


def test_help_lists_the_fields(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("--help") == 0
    output = capfd.readouterr().out
    assert "usage: econas-jax retrain" in output and "retrain_cifar10" in output
    for field in ("genotype", "training.drop_path_probability", "training.augmentation.cutout", "save_epochs"):
        assert f"  {field}: " in output
