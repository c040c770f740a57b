"""The status command on the folder of a search inside a supernet: running, stopped, ranking, finished and damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from econas_jax.errors import InputError
from econas_jax.experiment import lock
from econas_jax.status.__main__ import main
from econas_jax.status.supernet import read_supernet_status, supernet_lines
from econas_jax.supernet.history import EpochRecord, lines_of


def record(epoch: int, seconds: float) -> EpochRecord:
    measures = {"train_accuracy": 0.25, "train_loss": 2.0}
    return EpochRecord(epoch, 0.1, 1.0, measures, f"genotype {epoch}", 1, None, None, seconds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a search that has done three of ten epochs: compiling and the first took 100 s, the others 40 s each."""
    config = {"kind": "search inside a supernet", "config": {"method": "darts", "proxy": {"epochs": 10}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    records = [record(0, 100.0), record(1, 140.0), record(2, 180.0)]
    (tmp_path / "history.jsonl").write_text(lines_of(records))
    return tmp_path


def test_a_stopped_search(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.rglob("*"))
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "stopped: darts, 3 of 10 epochs",
        "time left: about 0 h 5 min of epochs",  # 7 epochs of 40 s
        "train_accuracy 25.00 %, train_loss 2",
        "after epoch 2: genotype 2",
    ]
    assert sorted(folder.rglob("*")) == before


def test_a_running_search_that_ranks(folder: Path) -> None:
    (folder / "ranking.jsonl").write_text('{"accuracy": 0.5}\n{"accuracy": 0.625}\n')
    with lock.locked(folder):
        lines = list(supernet_lines(read_supernet_status(folder)))
    assert lines[0].startswith("running: ")
    assert lines[-1] == "ranked: 2 candidates, the best has 62.50 % with the supernet's weights"


def test_a_search_is_finished_when_all_its_epochs_are(folder: Path) -> None:
    for epochs, finished in ((3, False), (10, True)):
        (folder / "result.json").write_text(json.dumps({"finished": True, "epochs": epochs}))
        assert read_supernet_status(folder).finished == finished


def test_before_the_first_epoch_nothing_is_estimated(folder: Path) -> None:
    (folder / "history.jsonl").unlink()
    assert list(supernet_lines(read_supernet_status(folder))) == ["stopped: darts, 0 of 10 epochs"]


def test_damaged_lines_are_told_and_the_others_read(folder: Path) -> None:
    history = folder / "history.jsonl"
    history.write_text(history.read_text() + '{"epoch": 3\n')
    status = read_supernet_status(folder)
    assert len(status.history) == 3
    assert list(supernet_lines(status))[-1] == "not readable: history.jsonl, line 4"


def test_a_config_without_epochs_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text('{"config": {"method": "darts"}}')
    with pytest.raises(InputError, match="workdir"):
        read_supernet_status(folder)
