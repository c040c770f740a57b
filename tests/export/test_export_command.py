"""The command `econas-jax export`: from a run's folder to an export's, and what it says of mistakes."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from exported_networks import save_run

from econas_jax.export import exporting
from econas_jax.export.__main__ import main
from econas_jax.models.trained_model import load_model


def test_the_best_network_of_a_run_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_run(tmp_path / "run", {0: {"test": 0.5}, 1: {"test": 0.75}})
    out = tmp_path / "out"
    assert main([str(tmp_path / "run"), "--to", str(out)]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == str(tmp_path / "run" / "network_1")
    assert last == (
        f"exported to {out}: README.md, network.py, network.stablehlo, weights.safetensors and model_card.json"
    )
    assert json.loads((out / "model_card.json").read_text())["accuracy"] == {"test": 0.75}


def test_a_searchs_candidate_is_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path / "run", {3: {"validation": 0.25}})
    model = tmp_path / "run" / "network_3" / "model"
    monkeypatch.setattr("econas_jax.search.found_model.load_candidate", lambda path, rank: load_model(model))
    (tmp_path / "config.json").write_text('{"config": {"search": {}}}')
    assert main([str(tmp_path), "--rank", "3", "--to", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(tmp_path)
    assert json.loads((tmp_path / "out" / "model_card.json").read_text())["accuracy"] == {"validation": 0.25}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{folder}/run", "--to", "{folder}/out", "--rank", "0"], "error: rank = 0: expected nothing: "),
        (["{folder}/nowhere", "--to", "{folder}/out"], "error: model = "),
        (["{folder}/run", "--to", "{folder}/out", "--network", "7"], "error: network = 7: expected one"),
        (["{folder}/run", "--to", "{folder}/run/network_0/model"], "error: to = "),
        (["{folder}/run", "--to", "{folder}/run"], "error: to = "),
        (["{folder}/run", "--to", "gs://bucket/out"], "error: to = 'gs://bucket/out'"),
        (["{folder}/run", "--to", "{folder}/out", "--onnx", "nothing"], "error: onnx = 'nothing': expected a Python"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_run(tmp_path / "run", {0: {"test": 0.5}})
    before = sorted(tmp_path.rglob("*"))
    assert main([argument.format(folder=tmp_path) for argument in arguments]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(message) and errors.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "cannot be written (No space left on device)"),
        (KeyboardInterrupt(), 130, "stopped; nothing was written"),
    ],
)
def test_an_end_before_the_end_leaves_nothing(
    error: BaseException,
    status: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*arguments: Any) -> Any:
        raise error

    save_run(tmp_path / "run", {0: {"test": 0.5}})
    monkeypatch.setattr(exporting, "export_stablehlo", fails)
    assert main([str(tmp_path / "run"), "--to", str(tmp_path / "out")]) == status
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_kind_of_network_without_a_writer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_run(tmp_path / "run", {0: {"test": 0.5}})
    monkeypatch.setattr(exporting, "SOURCES", {"other": None})
    assert main([str(tmp_path / "run"), "--to", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "error: kind of the network = 'darts': expected one that can be exported: other\n"
