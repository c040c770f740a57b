"""A folder of the version before rounds and groups: it is read, and its search goes on to the end it would have had.

`tests/data/earlier_search` holds such a folder, stopped in its second cycle, and what that version wrote of the same
search to its end.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from search_output import commits, lines, without_figures
from tiny_search import CONFIG, EPOCHS, Trained

from econas_jax.errors import InputError
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.search import run_search
from econas_jax.search.earlier_format import plan_of, upgraded_line
from econas_jax.search.history import read_rounds, read_stages
from econas_jax.status import read_status
from econas_jax.status.__main__ import main

FIXTURE = Path(__file__).resolve().parents[1] / "data" / "earlier_search"
SEARCH = dataclasses.replace(CONFIG, devices=2, tensorboard=False)
STAGES, STAGES_BEFORE = 4 + 3 * (3 + 2 + 1), 4 + (3 + 2 + 1) + 2
PHASES = {(0, 1): "initial population", 1: "children", 2: "E to 2E", 3: "2E to 3E"}
SAME = (
    "parent",
    "genotype",
    "epochs",
    "train_accuracy",
    "validation_accuracy",
    "parameters",
    "multiply_adds",
    "status",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder that the earlier version left."""
    copy = tmp_path / "earlier"
    shutil.copytree(FIXTURE, copy, ignore=shutil.ignore_patterns("*_to_the_end.jsonl"))
    return copy


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


def check_stage(stage: dict[str, Any], earlier: dict[str, Any]) -> None:
    """Says all that the earlier version said, and what it left to be concluded."""
    assert (stage["candidate"], stage["round"]) == (earlier["id"], earlier["cycle"])
    assert {name: stage[name] for name in SAME} == {name: earlier[name] for name in SAME}
    key = (0, 1) if earlier["cycle"] == 0 else earlier["rung"]
    assert stage["phase"] == PHASES[key]
    assert (stage["start_epoch"], stage["epochs"]) == ((earlier["rung"] - 1) * EPOCHS, earlier["rung"] * EPOCHS)
    for name in ("train_loss", "validation_loss"):  # which another processor may round otherwise
        assert stage[name] == pytest.approx(earlier[name], rel=1e-4)


def check_round(summary: dict[str, Any], earlier: dict[str, Any]) -> None:
    assert summary["round"] == earlier["cycle"]
    for name in ("best_accuracy", "skipped_repeats"):
        assert summary[name] == earlier[name]
    assert [group["size"] for group in summary["groups"]] == earlier["sizes"]
    assert [group["mean_accuracy"] for group in summary["groups"]] == earlier["mean_accuracies"]
    told = [(group["name"], group["epochs"]) for group in summary["groups"]]
    assert told == [("P_E", EPOCHS), ("P_2E", 2 * EPOCHS), ("P_3E", 3 * EPOCHS)]


def test_its_search_goes_on_to_the_end_that_the_earlier_version_came_to(folder: Path, trained: Trained) -> None:
    before = read_stages_of_earlier(folder)
    result = run_search(SEARCH, folder)
    assert len(trained.jobs) == STAGES - STAGES_BEFORE  # what that version had finished is not trained again
    whole = lines(FIXTURE / "history_to_the_end.jsonl")
    assert len(whole) == STAGES and whole[:STAGES_BEFORE] == before
    for stage, earlier in zip(lines(folder / "history.jsonl"), whole, strict=True):
        check_stage(stage, earlier)
    for summary, earlier in zip(
        lines(folder / "rounds.jsonl"), lines(FIXTURE / "cycles_to_the_end.jsonl"), strict=True
    ):
        check_round(summary, earlier)
    assert not (folder / "cycles.jsonl").exists()
    assert tuple(read_stages(folder / "history.jsonl")) == result.stages
    assert tuple(read_rounds(folder / "rounds.jsonl")) == result.rounds
    finished = [earlier for earlier in whole if earlier["rung"] == 3]
    assert result.best[0].accuracy == max(earlier["validation_accuracy"] for earlier in finished)
    number = commits(folder)
    assert run_search(SEARCH, folder) == result and commits(folder) == number  # it is one of this version now


def read_stages_of_earlier(folder: Path) -> list[dict[str, Any]]:
    found = lines(folder / "history.jsonl")
    assert len(found) == STAGES_BEFORE and "rung" in found[0]
    return found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 1}, "seed: 0 there, 1 here"),
        ({"training": dataclasses.replace(SEARCH.training, momentum=0.5)}, "training.momentum: 0.9 there, 0.5 here"),
    ],
)
def test_the_folder_of_another_earlier_search_is_refused(change: dict[str, Any], told: str, folder: Path) -> None:
    with pytest.raises(InputError, match=told):
        run_search(dataclasses.replace(SEARCH, **change), folder)
    assert (folder / "cycles.jsonl").exists()


@pytest.mark.parametrize("missing", ["populations", "answered", "seconds"])
def test_a_commit_that_lacks_something_is_refused_in_one_line(
    missing: str, folder: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = Checkpoints.restore

    def lacking(checkpoints: Checkpoints) -> Any:
        commit = restore(checkpoints)
        assert commit is not None
        fields = {name: value for name, value in commit[0].items() if name != missing}
        algorithm = {name: value for name, value in fields["algorithm"].items() if name != missing}
        return fields | {"algorithm": algorithm}, commit[1]

    monkeypatch.setattr(Checkpoints, "restore", lacking)
    with pytest.raises(InputError) as refused:
        run_search(SEARCH, folder)
    assert "\n" not in str(refused.value)
    assert trained.jobs == []


def test_its_status_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = read_status(folder)
    assert (status.plan.stages, status.plan.rounds, status.plan.devices) == (STAGES, 3, 2)
    assert status.unreadable == () and not status.finished
    for stage, earlier in zip(status.stages, lines(folder / "history.jsonl"), strict=True):
        check_stage(dataclasses.asdict(stage), earlier)
    for summary, earlier in zip(status.rounds, lines(folder / "cycles.jsonl"), strict=True):
        check_round(dataclasses.asdict(summary), earlier)
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"stopped: {STAGES_BEFORE} of {STAGES} stages, round 1 of 3"


def test_lines_of_this_version_stay_as_they_are(folder: Path, trained: Trained) -> None:
    run_search(SEARCH, folder)
    for line in (folder / "history.jsonl").read_text().splitlines():
        assert upgraded_line(line) == line
    for line in (folder / "rounds.jsonl").read_text().splitlines():
        assert upgraded_line(line, 5) == line


def test_the_plan_is_concluded_from_the_config_of_a_search_only(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())["config"]
    assert "name" not in config["space"]  # there was one space
    assert plan_of(config) == {"stages": STAGES, "rounds": 3, "devices": 2}
    assert plan_of(config | {"devices": None}) == {"stages": STAGES, "rounds": 3, "devices": 1}
    for other in ({}, {"search": 3}, {"search": {"cycles": 3}}, {"search": config["search"] | {"cycles": "many"}}):
        assert plan_of(other) is None
