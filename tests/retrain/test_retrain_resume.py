"""Retrainings that are stopped, killed or crash end as if nothing had happened, bit for bit."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_retrain import CONFIG, RECIPE, assert_same_training, history, no_report, tiny_source, use_toys

from econas_jax.errors import SearchError
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.retrain import RetrainConfig, RetrainInterruptedError, run_retrain
from econas_jax.training import data_parallel, epoch_loop

STEPS = 3  # of an epoch
SPARSE = dataclasses.replace(CONFIG, save_epochs=100)  # no commit but the last and those of interrupts


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    no_report(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network's folder of a retraining from beginning to end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_toys(monkeypatch)
        no_report(monkeypatch)
        run_retrain(CONFIG, folder, source=tiny_source())
    return folder / "network_0"


def progress(folder: Path) -> dict[str, Any]:
    with Checkpoints(folder / "network_0" / "checkpoints") as checkpoints:
        commit = checkpoints.restore()
    assert commit is not None
    return dict(commit[0])


def test_stopped_after_every_step_it_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    """In the middle of epochs and at their ends; the steps that are done are never done again."""
    source, total = tiny_source(), RECIPE.epochs * STEPS
    for done in range(1, total + 1):
        with pytest.raises(RetrainInterruptedError):
            run_retrain(SPARSE, tmp_path, should_stop=lambda: True, source=source)
        committed = progress(tmp_path)
        assert committed["epoch"] * STEPS + committed["step"] == done
    result = run_retrain(SPARSE, tmp_path, source=source)
    assert not result.failed
    assert len(source.batch_sizes) == total
    assert source.read["test"] == 1
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_seconds_go_on_after_an_interruption(tmp_path: Path) -> None:
    seconds = []
    for _ in range(2):
        with pytest.raises(RetrainInterruptedError):
            run_retrain(CONFIG, tmp_path, should_stop=lambda: True, source=tiny_source())
        seconds.append(progress(tmp_path)["seconds"])
    assert 0 < seconds[0] < seconds[1]


KILLED = """
import os, signal, sys
from pathlib import Path
import pytest
from tiny_retrain import CONFIG, no_report, tiny_source, use_toys
from econas_jax.models import trained_model
from econas_jax.retrain import run_retrain

def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

moment, questions, source = sys.argv[2], iter(range(1, 1000)), tiny_source()

def evaluation(split, batch_size):
    yield from list(type(source).evaluation(source, split, batch_size))[:1]
    if split == "test" and moment == "evaluation":
        kill()
    yield from list(type(source).evaluation(source, split, batch_size))[1:]

source.evaluation = evaluation
with pytest.MonkeyPatch.context() as monkeypatch:
    use_toys(monkeypatch)
    no_report(monkeypatch)
    if moment == "model":
        monkeypatch.setattr(trained_model, "write_text", kill)  # between the weights and what describes them
    stop = lambda: moment == str(next(questions)) and kill()
    run_retrain(CONFIG, Path(sys.argv[1]), should_stop=stop, source=source)
"""


def kill(folder: Path, moment: str) -> None:
    """Runs the retraining in a process that is killed when it is asked so many times to stop, or at another moment."""
    helpers = Path(__file__).resolve().parents[1] / "helpers"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(helpers), *sys.path])}
    process = subprocess.run([sys.executable, "-c", KILLED, str(folder), moment], env=environment, timeout=300)
    assert process.returncode == -signal.SIGKILL


def test_killed_in_the_middle_of_an_epoch_it_goes_on_from_the_last_commit(undisturbed: Path, tmp_path: Path) -> None:
    """In the second step of the third epoch, while the commit of the second one may be under way."""
    kill(tmp_path, str(2 * STEPS + 2))
    source = tiny_source()
    run_retrain(CONFIG, tmp_path, source=source)
    assert 2 * STEPS <= len(source.batch_sizes) <= 3 * STEPS  # at least the first epoch's commit is there
    assert_same_training(tmp_path / "network_0", undisturbed)


@pytest.mark.slow
def test_killed_while_it_is_tested_and_while_its_model_is_written_it_ends_the_same(
    undisturbed: Path, tmp_path: Path
) -> None:
    kill(tmp_path, "evaluation")
    kill(tmp_path, "model")
    model = tmp_path / "network_0" / "model"
    assert (model / "weights.safetensors").exists() and not (model / "model.json").exists()
    source = tiny_source()
    run_retrain(CONFIG, tmp_path, source=source)
    assert source.batch_sizes == []
    assert_same_training(tmp_path / "network_0", undisturbed)
    assert not list(tmp_path.rglob("*.tmp"))


def test_what_is_not_saved_for_long_is_committed_within_an_epoch(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoch_loop, "MOST_UNSAVED", 0.0)
    with pytest.raises(CrashError):
        run_retrain(SPARSE, tmp_path, should_stop=crash_at(STEPS + 3), source=tiny_source())
    committed = progress(tmp_path)
    assert (committed["epoch"], committed["step"]) == (1, 2)
    run_retrain(SPARSE, tmp_path, source=tiny_source())
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_asked_to_stop_while_it_compiles_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiling(makers: Any, check: Callable[[], None]) -> dict[Any, Any]:
        check()
        raise AssertionError("it was asked to stop")

    monkeypatch.setattr(data_parallel, "compiled_beside", compiling)
    with pytest.raises(RetrainInterruptedError):
        run_retrain(CONFIG, tmp_path, should_stop=lambda: True, source=tiny_source())


class CrashError(BaseException):
    """A second Ctrl-C, say: nothing in a retraining catches it."""


def crash_at(question: int) -> Any:
    questions = iter(range(1, 1000))

    def crash() -> bool:
        if next(questions) == question:
            raise CrashError
        return False

    return crash


def test_after_a_crash_it_goes_on_from_the_last_commit(undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(CrashError):
        run_retrain(CONFIG, tmp_path, should_stop=crash_at(2 * STEPS + 1), source=tiny_source())
    assert len(history(tmp_path / "network_0")) == 2  # what is committed, and made from it
    run_retrain(CONFIG, tmp_path, source=tiny_source())
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_killed_before_its_outcome_is_written_it_only_evaluates(undisturbed: Path, tmp_path: Path) -> None:
    run_retrain(CONFIG, tmp_path, source=tiny_source())
    (tmp_path / "network_0" / "outcome.json").unlink()
    source = tiny_source()
    run_retrain(CONFIG, tmp_path, source=source)
    assert source.batch_sizes == [] and source.read == {"test": 1}
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_a_damaged_commit_is_put_aside_for_the_one_before(undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(CrashError):
        run_retrain(CONFIG, tmp_path, should_stop=crash_at(2 * STEPS + 1), source=tiny_source())
    newest = max((tmp_path / "network_0" / "checkpoints").iterdir())
    for file in newest.rglob("*"):
        if file.is_file():
            file.write_bytes(b"")
    run_retrain(CONFIG, tmp_path, source=tiny_source())
    assert (tmp_path / "network_0" / "damaged").is_dir()
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_a_budget_that_is_used_up_is_one_line_and_nothing_is_lost(undisturbed: Path, tmp_path: Path) -> None:
    tight = dataclasses.replace(CONFIG, disk_gib=1e-9)
    with pytest.raises(SearchError, match="more than disk_gib"):
        run_retrain(tight, tmp_path, source=tiny_source())
    run_retrain(CONFIG, tmp_path, source=tiny_source())
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_a_full_disk_is_one_line_and_nothing_is_lost(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the third commit and as the model are written."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*arguments: Any) -> None:
        raise full

    with monkeypatch.context() as patch:
        save, count = Checkpoints.save, iter(range(10))
        patch.setattr(Checkpoints, "save", lambda self, *given: refuse() if next(count) == 2 else save(self, *given))
        with pytest.raises(SearchError, match="cannot be written .No space left on device"):
            run_retrain(CONFIG, tmp_path, source=tiny_source())
    assert len(history(tmp_path / "network_0")) == 2
    with monkeypatch.context() as patch:
        patch.setattr("econas_jax.models.trained_model.TrainedModel.save", refuse)
        with pytest.raises(SearchError, match="cannot be written .No space left on device"):
            run_retrain(CONFIG, tmp_path, source=tiny_source())
    source = tiny_source()
    run_retrain(CONFIG, tmp_path, source=source)
    assert source.batch_sizes == []
    assert_same_training(tmp_path / "network_0", undisturbed)


def test_an_image_that_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    source = tiny_source()

    def evaluation(split: str, batch_size: int) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO), "test/cat/1.png")

    source.evaluation = evaluation  # type: ignore[method-assign]
    config: RetrainConfig = dataclasses.replace(CONFIG, validate_epochs=100)
    result = run_retrain(config, tmp_path, source=source)
    assert [outcome.status for outcome in result.networks] == ["failed"]
    assert "test/cat/1.png" in (result.networks[0].reason or "")
    assert json.loads((tmp_path / "result.json").read_text())["networks"][0]["status"] == "failed"
