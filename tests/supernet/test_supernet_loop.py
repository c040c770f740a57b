"""Whole searches inside a toy: what comes out of them; stopped, killed or crashed, they end the same bit for bit."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest
from tiny_retrain import IMAGES, tiny_dataset
from tiny_supernet import CONFIG, EPOCHS, STEPS, TRAINING, assert_same_search, committed, history, use_toys

from econas_jax.data import Dataset, Split
from econas_jax.errors import InputError, SearchError
from econas_jax.retrain.choices import choices
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet import SupernetConfig, SupernetInterruptedError, run_supernet

SPARSE = dataclasses.replace(CONFIG, save_epochs=100)  # no commit but the last and those of interrupts


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)


def searched(folder: Path, config: SupernetConfig = CONFIG, **arguments: Any) -> Any:
    return run_supernet(config, folder, dataset=tiny_dataset(), **arguments)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search from beginning to end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_toys(monkeypatch)
        searched(folder)
    return folder


def test_the_history_has_a_genotype_an_epoch(undisturbed: Path) -> None:
    records = history(undisturbed)
    assert [record["epoch"] for record in records] == list(range(EPOCHS))
    for record in records:
        genotype = Genotype.parse(record["genotype"])
        assert record["skips"] == sum(edge.operation == "skip_connect" for edge in genotype.normal.edges)
        assert set(record["measures"]) == {
            *("train_loss", "train_accuracy", "architecture_loss", "architecture_accuracy")
        }
        assert [len(rows) for rows in (record["normal"], record["reduction"])] == [5, 5]
        assert all(abs(sum(row) - 1) < 1e-5 for row in record["normal"])
    assert records[0]["measures"]["train_loss"] > records[-1]["measures"]["train_loss"]
    assert records[0]["normal"] != records[1]["normal"] != records[2]["normal"]


def test_a_retraining_takes_the_result(undisturbed: Path) -> None:
    (choice,) = choices(f"{undisturbed}/result.json:0")
    assert str(choice.genotype) == history(undisturbed)[-1]["genotype"]
    written = json.loads((undisturbed / "result.json").read_text())
    assert written["finished"] is True and written["epochs"] == EPOCHS
    assert written["best"][0]["parameters"] > 100_000


def test_only_training_images_matter(undisturbed: Path, tmp_path: Path) -> None:
    dataset = tiny_dataset()
    other = tiny_dataset(0, 1)
    changed = Dataset(
        "tiny", dataset.train, other.validation, other.test, 3, dataset.mean, dataset.std, classes=dataset.classes
    )
    assert isinstance(changed.test, Split)
    run_supernet(CONFIG, tmp_path, dataset=changed)
    assert history(tmp_path) == history(undisturbed)


def test_a_finished_search_only_returns_its_result(undisturbed: Path) -> None:
    before = committed(undisturbed)
    result = searched(undisturbed)
    assert str(result.best[0].genotype) == history(undisturbed)[-1]["genotype"]
    assert committed(undisturbed)[0] == before[0]


def test_another_seed_is_another_search(undisturbed: Path, tmp_path: Path) -> None:
    searched(tmp_path, dataclasses.replace(CONFIG, seed=1))
    assert history(tmp_path)[0]["normal"] != history(undisturbed)[0]["normal"]


def test_stopped_after_every_step_it_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    for done in range(1, EPOCHS * STEPS + 1):
        with pytest.raises(SupernetInterruptedError):
            searched(tmp_path, SPARSE, should_stop=lambda: True)
        place, _ = committed(tmp_path)
        assert place["epoch"] * STEPS + place["step"] == done
        written = json.loads((tmp_path / "result.json").read_text())
        assert len(written["best"]) == min(1, done // STEPS) and written["finished"] == (done == EPOCHS * STEPS)
    searched(tmp_path, SPARSE)
    assert_same_search(tmp_path, undisturbed)


KILLED = """
import os, signal, sys
from pathlib import Path
import pytest
from tiny_retrain import tiny_dataset
from tiny_supernet import CONFIG, use_toys
from econas_jax.supernet import run_supernet

questions = iter(range(1, 1000))
with pytest.MonkeyPatch.context() as monkeypatch:
    use_toys(monkeypatch)
    stop = lambda: next(questions) == int(sys.argv[2]) and os.kill(os.getpid(), signal.SIGKILL)
    run_supernet(CONFIG, Path(sys.argv[1]), should_stop=stop, dataset=tiny_dataset())
"""


@pytest.mark.slow
def test_killed_in_the_middle_of_an_epoch_it_goes_on_from_the_last_commit(undisturbed: Path, tmp_path: Path) -> None:
    helpers = Path(__file__).resolve().parents[1] / "helpers"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(helpers), *sys.path])}
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(2 * STEPS + 1)]
    process = subprocess.run(command, env=environment, timeout=300)
    assert process.returncode == -signal.SIGKILL
    searched(tmp_path)
    assert_same_search(tmp_path, undisturbed)


@pytest.mark.slow
def test_several_devices_share_every_batch(undisturbed: Path, tmp_path: Path) -> None:
    searched(tmp_path, dataclasses.replace(CONFIG, devices=2))
    ours, others = history(tmp_path), history(undisturbed)
    assert len(jax.local_devices()) >= 2
    for one, other in zip(ours, others, strict=True):
        assert one["measures"] == pytest.approx(other["measures"], rel=1e-4)


def test_a_loss_that_is_not_finite_is_one_line(tmp_path: Path) -> None:
    training = dataclasses.replace(TRAINING, learning_rate=1e38, gradient_clip=None)
    with pytest.raises(SearchError, match="a loss that is not finite in epoch 1, step 2"):
        searched(tmp_path, dataclasses.replace(CONFIG, training=training))


def test_what_cannot_be_searched_claims_no_folder(tmp_path: Path) -> None:
    training = dataclasses.replace(CONFIG.training, batch_size=12)
    half = IMAGES // 2
    with pytest.raises(InputError, match=f"training.batch_size = 12: expected at most {half}"):
        searched(tmp_path / "run", dataclasses.replace(CONFIG, training=training))
    assert not (tmp_path / "run").exists()
