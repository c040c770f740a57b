"""What must be the same for a search or a study to go on in its folder: data and settings, whatever their path."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from search_output import no_figures, stop_every
from tiny_network import TinyNetwork
from tiny_search import CONFIG, Trained, dataset, share_trainers
from tiny_study import CONFIG as STUDY

from econas_jax.data.config import DataConfig
from econas_jax.errors import InputError
from econas_jax.search import Reporter, SearchConfig, SearchInterruptedError, default_config, run_search
from econas_jax.study.runner import run_study


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    no_figures(monkeypatch)
    return share_trainers(monkeypatch, TinyNetwork)


def write_npz(file: Path, shuffle: bool = False) -> DataConfig:
    """Writes digits as a user's own arrays, with shuffled labels if asked for."""
    split = dataset().train
    labels = np.roll(split.labels, 1) if shuffle else split.labels
    np.savez(file, train_images=split.images, train_labels=labels)
    return DataConfig(name="npz", path=str(file), validation_size=400)


def longer(config: SearchConfig) -> SearchConfig:
    search = dataclasses.replace(config.search, cycles=4)
    return dataclasses.replace(config, search=search)


def test_a_search_refuses_changed_data_and_takes_the_same_data_from_another_path(
    trained: Trained, tmp_path: Path
) -> None:
    config = dataclasses.replace(CONFIG, data=write_npz(tmp_path / "data.npz"))
    run_search(config, tmp_path / "run")
    shutil.copy(tmp_path / "data.npz", tmp_path / "moved.npz")
    write_npz(tmp_path / "data.npz", shuffle=True)
    files = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    before = len(trained.jobs)
    with pytest.raises(InputError, match=r"^workdir = .*data\.train: \w+ there, \w+ here"):
        run_search(longer(config), tmp_path / "run")
    assert len(trained.jobs) == before
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == files
    moved = dataclasses.replace(config, data=dataclasses.replace(config.data, path=str(tmp_path / "moved.npz")))
    assert len(run_search(longer(moved), tmp_path / "run").rounds) == 5


def test_a_study_refuses_changed_data(trained: Trained, tmp_path: Path) -> None:
    config = dataclasses.replace(STUDY, data=write_npz(tmp_path / "data.npz"))
    run_study(config, tmp_path / "run")
    write_npz(tmp_path / "data.npz", shuffle=True)
    with pytest.raises(InputError, match=r"^workdir = .*data\.train: \w+ there, \w+ here"):
        run_study(dataclasses.replace(config, networks=6), tmp_path / "run")


def with_setting(name: str, value: object, run: Callable[[], object]) -> None:
    before = jax.config.values[name]
    jax.config.update(name, value)
    try:
        run()
    finally:
        jax.config.update(name, before)


def test_settings_that_change_numbers_are_compared_and_recorded(trained: Trained, tmp_path: Path) -> None:
    run_search(CONFIG, tmp_path / "search")
    run_study(STUDY, tmp_path / "study")
    told = r"^workdir = .*arithmetic\.jax_default_matmul_precision: None there, highest here"
    for run in (
        lambda: run_search(CONFIG, tmp_path / "search"),
        lambda: run_study(STUDY, tmp_path / "study"),
    ):
        with pytest.raises(InputError, match=told):
            with_setting("jax_default_matmul_precision", "highest", run)
        with pytest.raises(InputError, match=r"^jax_enable_x64 = True: expected False"):
            with_setting("jax_enable_x64", True, run)
    identity = json.loads((tmp_path / "search" / "config.json").read_text())["identity"]
    assert identity["arithmetic"]["jax_default_matmul_precision"] == "None"
    assert set(identity["data"]) == {"train", "validation", "test"}


@pytest.mark.parametrize("config", ["digits", None, default_config()])
def test_something_that_is_no_config_is_refused(config: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^config = .*expected a SearchConfig"):
        run_search(config, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_search_that_is_refused_leaves_no_folder(trained: Trained, tmp_path: Path) -> None:
    training = dataclasses.replace(CONFIG.training, batch_size=10**6)
    with pytest.raises(InputError, match=r"^training\.batch_size"):
        run_search(dataclasses.replace(CONFIG, training=training), tmp_path / "runs" / "x")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_search_has_its_report_and_figures_and_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share_trainers(monkeypatch, TinyNetwork)
    with pytest.raises(SearchInterruptedError):
        run_search(CONFIG, tmp_path, Reporter(), should_stop=stop_every(20))
    assert f"report so far: {tmp_path / 'report.html'}" in capsys.readouterr().out
    assert "not finished" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "figures" / "groups.png").exists()
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["finished"] is False and len(result["best"]) > 0
    run_search(CONFIG, tmp_path, Reporter())
    assert f"report: {tmp_path / 'report.html'}" in capsys.readouterr().out
    assert json.loads((tmp_path / "result.json").read_text())["finished"] is True
