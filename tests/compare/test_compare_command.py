"""The command: config files with contenders, statuses, signals; and comparisons that really train."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from search_output import stop_every, without_figures
from small_comparison import comparison, write_table
from small_configs import SMALL_CONFIGS
from tiny_search import CONFIG

from econas_jax.compare import ComparisonInterruptedError, default_config, from_mapping, run_comparison
from econas_jax.compare.config import CompareConfig, ContenderConfig, RetrainingConfig
from econas_jax.compare.run_file import RunFile
from econas_jax.errors import InputError
from econas_jax.experiment.config_fields import to_config_dict

ROOT = Path(__file__).resolve().parents[2]
FILE = """
from econas_jax.compare import default_config

def get_config():
    config = default_config("random", "regularized_evolution")
    config.table = "table.npz"
    config.space.name = "nasbench201"
    config.space = {"name": "nasbench201", "operations": ("none", "skip_connect", "nor_conv_3x3")}
    config.seeds = 400
    config.budgets = (40, 80)
    for contender in config.contenders.values():
        contender.search.epochs = 6
    config.contenders.regularized_evolution.search.population = 5
    return config
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "econas_jax.compare", "--config=mine.py", "--workdir=out", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_configs_come_back_from_their_config_dict() -> None:
    config = comparison(None, "asha", "random")
    assert from_mapping(to_config_dict(config)) == config
    fields = default_config("random", "local_search")
    assert set(from_mapping(fields).contenders) == {"random", "local_search"}
    fields.contenders.random.search.batch = 0
    with pytest.raises(InputError, match=r"contenders.random.search.batch = 0"):
        from_mapping(fields)
    with pytest.raises(InputError, match="the fields of a comparison"):
        from_mapping({"seeds": 3})
    with pytest.raises(InputError, match=r"contenders.random.serch"):
        from_mapping({"contenders": {"random": {"serch": {}}}})


def test_a_signal_stops_it_and_the_same_command_goes_on(tmp_path: Path) -> None:
    write_table(tmp_path / "table.npz")
    (tmp_path / "mine.py").write_text(FILE)
    process = start(tmp_path)
    runs = tmp_path / "out" / "runs.jsonl"
    while not runs.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130 and "the same command goes on from there" in output, errors
    done = len(runs.read_text().splitlines())
    assert 1 <= done < 800 and json.loads((tmp_path / "out" / "result.json").read_text())["runs"] == done
    process = start(tmp_path, "--config.seeds=3")
    output, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert "6 runs, of which " in output and "| random | 80 epochs | free |" in output
    process = start(tmp_path, "--config.contenders.random.search.batch=3")
    output, errors = process.communicate()
    assert process.returncode == 2 and errors.startswith("error: workdir = 'out'") and errors.count("\n") == 1


def trained_comparison(**fields: Any) -> CompareConfig:
    """EcoNAS and random search on the digits, with networks that train in no time."""
    setting: dict[str, Any] = {"proxy": CONFIG.proxy, "network": CONFIG.network, "training": CONFIG.training}
    contenders = {name: ContenderConfig(name, SMALL_CONFIGS[name][0], **setting) for name in ("econas", "random")}
    usual: dict[str, Any] = {"seeds": 2, "budgets": (20, 60), "data": CONFIG.data, "devices": CONFIG.devices}
    return CompareConfig(contenders=contenders, **usual | fields)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    monkeypatch.setattr("econas_jax.compare.runner.write_results", lambda *arguments: None)


def searched(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs").iterdir())


def test_searches_that_train_end_at_the_budget_and_go_on_after_a_stop(quick: None, tmp_path: Path) -> None:
    config = trained_comparison(seeds=1)
    analysis = run_comparison(config, tmp_path / "one")
    assert searched(tmp_path / "one") == ["econas_0", "random_0"]
    assert (analysis.runs, analysis.measure, analysis.charge) == (2, "validation_accuracy", None)
    runs = RunFile(tmp_path / "one" / "runs.jsonl").read()
    for (name, seed), record in runs.items():
        folder = tmp_path / "one" / "runs" / f"{name}_{seed}"
        history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
        assert record.stages == len(history) and 60 <= record.epochs < 60 + 3 * 6 * 5
        assert json.loads((folder / "result.json").read_text())["finished"]
    stops = 0
    while True:
        try:
            stopped = run_comparison(config, tmp_path / "two", should_stop=stop_every(90))
            break
        except ComparisonInterruptedError:
            stops += 1
    assert stops >= 1 and stopped == analysis


def test_equal_seconds_make_a_search_longer_until_they_are_spent(quick: None, tmp_path: Path) -> None:
    run_comparison(trained_comparison(seeds=1, budgets=(1e-9,), unit="seconds"), tmp_path)
    short = RunFile(tmp_path / "runs.jsonl").read()["random", 0]
    config = trained_comparison(seeds=1, budgets=(4 * short.seconds,), unit="seconds")
    run_comparison(config, tmp_path)
    long = RunFile(tmp_path / "runs.jsonl").read()["random", 0]
    assert long.seconds >= 4 * short.seconds and long.stages > short.stages


def test_the_best_are_trained_in_full_and_tested(quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, str]] = []

    def retrained(config: Any, folder: Path, reporter: object, stop: Callable[[], bool]) -> Any:
        asked.append((config.genotype, config.seed, str(folder.relative_to(tmp_path))))
        accuracy = len(asked) / 100
        outcome = SimpleNamespace(validation_accuracy=accuracy, test_accuracy=accuracy / 2)
        assert config.data == CONFIG.data and config.training.epochs == 30
        return SimpleNamespace(networks=(outcome,))

    monkeypatch.setattr("econas_jax.compare.on_training.run_retrain", retrained)
    retraining = RetrainingConfig(best=2, config="retrain_digits", cost=0)
    config = trained_comparison(seeds=1, retraining=retraining)
    analysis = run_comparison(config, tmp_path)
    folders = [folder.rsplit("/", 1)[0] for _, _, folder in asked]
    assert folders == ["retrained/econas_0"] * 2 + ["retrained/random_0"] * 2
    tested = {each.contender: each.value.mean for each in analysis.findings if each.measure == "test_accuracy"}
    assert tested == {"econas": 0.01, "random": 0.02}  # half of the better of two by validation
    run_comparison(config, tmp_path)
    assert len(asked) == 4


def test_a_contender_that_does_not_fit_the_images_is_told_before_any_search(quick: None, tmp_path: Path) -> None:
    config = trained_comparison()
    fields = to_config_dict(config)
    fields.contenders.random.training.batch_size = 100_000
    with pytest.raises(InputError, match="contenders.random.training.batch_size"):
        run_comparison(from_mapping(fields), tmp_path / "comparison")
    assert not (tmp_path / "comparison").exists()
    with pytest.raises(InputError, match="retraining.config"):
        run_comparison(trained_comparison(retraining=RetrainingConfig(config="none")), tmp_path / "comparison")
