"""The folder of a search: whose it is, what lies in it, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_records import DIVERGED, ROUND, STAGE
from search_output import claimed
from tiny_search import CONFIG, genotypes

from econas_jax.algorithms import EcoNASState, Member, RandomSearchConfig, RegularizedEvolutionConfig
from econas_jax.errors import InputError
from econas_jax.experiment import provenance
from econas_jax.search import history
from econas_jax.search.config import SearchConfig, from_mapping
from econas_jax.search.result import result_fields
from econas_jax.search.state import SearchState
from econas_jax.search.workdir import Workdir
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.space import Space


def test_a_new_folder_is_made_with_the_config_and_what_it_was_made_with(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "new"
    claimed(folder, CONFIG, devices=3)
    description = json.loads((folder / "config.json").read_text())
    assert from_mapping(description["config"]) == CONFIG
    assert description["versions"] == provenance.versions()
    assert description["git_revision"] == provenance.git_revision()
    assert description["machine"] == provenance.machine()
    assert description["plan"] == {"stages": 22, "rounds": 3, "devices": 3}
    assert description["runs"] == [provenance.made_with()]
    assert [path.name for path in folder.iterdir()] == ["config.json"]


def test_an_empty_folder_and_one_of_the_same_config_are_taken(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    (tmp_path / "history.jsonl").write_text("")
    claimed(tmp_path, CONFIG)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 5),
        ("search.epochs", 4),
        ("search.parents_per_population", (3, 0, 0)),
        ("training.augmentation.crop_padding", 0),
        ("training.learning_rate", 0.2),
        ("network.compute_dtype", "bfloat16"),
        ("data.validation_size", None),
    ],
)
def test_a_folder_of_another_config_is_refused_with_the_fields_that_differ(
    path: str, value: Any, tmp_path: Path
) -> None:
    claimed(tmp_path, CONFIG)
    before = (tmp_path / "config.json").read_text()
    with pytest.raises(InputError, match="^workdir = ") as caught:
        claimed(tmp_path, changed(CONFIG, path, value))
    there = json.loads(json.dumps(value_at(CONFIG, path)))
    here = json.loads(json.dumps(value))
    assert f"({path}: {there} there, {here} here)" in str(caught.value)
    assert (tmp_path / "config.json").read_text() == before


def test_all_fields_that_differ_are_named(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    with pytest.raises(InputError, match=r"search\.epochs: 2 there, 9 here, seed: 0 there, 1 here"):
        claimed(tmp_path, changed(changed(CONFIG, "seed", 1), "search.epochs", 9))


def test_a_folder_of_a_version_with_a_field_more_is_refused_with_it(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    file = tmp_path / "config.json"
    description = json.loads(file.read_text())
    description["config"]["training"]["dampening"] = 0.5
    file.write_text(json.dumps(description))
    with pytest.raises(InputError, match=r"training\.dampening: 0\.5 there, None here"):
        claimed(tmp_path, CONFIG)


@pytest.mark.parametrize(
    ("path", "value"),
    [("devices", 1), ("save_seconds", 0.5), ("data.path", "elsewhere"), ("data.download", True), ("search.cycles", 9)],
)
def test_fields_that_change_no_number_may_change(path: str, value: Any, tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    claimed(tmp_path, changed(CONFIG, path, value), devices=5).record(changed(CONFIG, path, value))
    description = json.loads((tmp_path / "config.json").read_text())
    assert value_at(from_mapping(description["config"]), path) == value
    longer = path == "search.cycles"
    assert description["plan"] == {"stages": 58 if longer else 22, "rounds": 9 if longer else 3, "devices": 5}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (RandomSearchConfig(candidates=20, batch=10, epochs=2), "candidates"),
        (RegularizedEvolutionConfig(population=20, candidates=40, epochs=2), "candidates"),
    ],
)
def test_the_field_that_makes_a_search_longer_may_change_whatever_its_name(
    config: RandomSearchConfig | RegularizedEvolutionConfig, field: str, tmp_path: Path
) -> None:
    name = "random" if isinstance(config, RandomSearchConfig) else "regularized_evolution"
    search = dataclasses.replace(CONFIG, algorithm=name, search=config)
    claimed(tmp_path, search)
    claimed(tmp_path, changed(search, f"search.{field}", 60))
    with pytest.raises(InputError, match=r"search\.batch: \d+ there, 5 here"):
        claimed(tmp_path, changed(search, "search.in_flight", 5))


def changed(config: SearchConfig, path: str, value: Any) -> SearchConfig:
    """The config with another value of the field at `path`."""

    def replace(part: Any, names: list[str]) -> Any:
        first, *rest = names
        return dataclasses.replace(part, **{first: replace(getattr(part, first), rest) if rest else value})

    replaced = replace(config, path.split("."))
    assert isinstance(replaced, SearchConfig)
    return replaced


def value_at(config: SearchConfig, path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def test_somebody_elses_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="^workdir = .*an empty folder, or one made by an earlier search"):
        claimed(tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="^workdir = .*a folder that can be written"):
            claimed(path, CONFIG)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*arguments: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # the tests may run as root, who is denied nothing
    with pytest.raises(InputError, match=r"^workdir = .*a folder that can be written \(Permission denied\)"):
        claimed(tmp_path, CONFIG)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"config": 3}', '{"config": []}', '{"config": null}', "\udcff"]
)
def test_a_config_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=r"^workdir = .*a readable config\.json in it, or an empty folder"):
        claimed(tmp_path, CONFIG)


def test_a_folder_in_the_place_of_the_config_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(InputError, match=r"^workdir = .*a readable config\.json in it, or an empty folder"):
        claimed(tmp_path, CONFIG)


def finished_state() -> SearchState:
    rounds = (ROUND, dataclasses.replace(ROUND, round=3))
    algorithm = EcoNASState(
        round=3, phase="done", next_candidate=4, skipped_repeats=7, skipped_too_large=2, skipped_blind=1
    )
    later = dataclasses.replace(STAGE, start_epoch=20, epochs=40, validation_accuracy=0.6)
    return SearchState(algorithm, stages=(STAGE, DIVERGED, later), rounds=rounds, seconds=1.23456)


def test_progress_is_the_records_as_lines(tmp_path: Path) -> None:
    state = finished_state()
    Workdir(tmp_path).write_progress(state)
    assert tuple(history.read_stages(tmp_path / "history.jsonl")) == state.stages
    assert tuple(history.read_rounds(tmp_path / "rounds.jsonl")) == state.rounds


def write_result(folder: Path, state: SearchState, best: list[Member], finished: bool = True) -> None:
    """As a search does, after its config and records."""
    files = claimed(folder, CONFIG)
    files.write_progress(state)
    space: Space[Any] = DartsSpace()
    cells = [(str(member.genotype), space.diagrams(member.genotype)) for member in best]
    files.write_result(result_fields(state, best, finished, validation_images=30), state, cells)


def test_the_result_tells_the_best_with_their_last_stages(tmp_path: Path) -> None:
    genotype = genotypes(1)[0]
    write_result(tmp_path, finished_state(), [Member(3, genotype, 1, float(np.float32(0.6)), epochs=40, updated=2)])
    assert json.loads((tmp_path / "result.json").read_text()) == {
        "best": [
            {
                "rank": 1,
                "candidate": 3,
                "validation_accuracy": 0.6,
                "epochs": 40,
                "parameters": 1234,
                "multiply_adds": 56789,
                "genotype": str(genotype),
            }
        ],
        "rounds": 3,
        "finished": True,
        "candidates": 4,
        "stages": 3,
        "diverged": 1,
        "failed": 0,
        "skipped_repeats": 7,
        "skipped_too_large": 2,
        "skipped_blind": 1,
        "seconds": 1.235,
    }
    figures = {path.name for path in (tmp_path / "figures").iterdir()}
    names = ("groups", "accuracy_against_cost", "best_cell_1")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_a_search_without_any_survivor_has_a_result_too(tmp_path: Path) -> None:
    unfinished = dataclasses.replace(finished_state(), algorithm=EcoNASState(round=1), rounds=())
    write_result(tmp_path, unfinished, [], finished=False)
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["best"] == [] and result["finished"] is False and result["rounds"] == 0


def test_a_journal_of_the_earlier_version_is_replaced(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "cycles.jsonl").write_text("{}\n")
    Workdir(tmp_path, said.append).rebuild_progress(finished_state())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.jsonl", "rounds.jsonl"]
    assert tuple(history.read_rounds(tmp_path / "rounds.jsonl")) == finished_state().rounds
    assert said == [f"{name} did not tell what is committed: made again" for name in ("history.jsonl", "rounds.jsonl")]
    Workdir(tmp_path, said.append).rebuild_progress(finished_state())
    assert len(said) == 2


def test_tracebacks_are_kept_by_candidate_and_epochs(tmp_path: Path) -> None:
    assert Workdir(tmp_path).write_failure(DIVERGED, "Traceback") == "failures/candidate_3_epochs_20.txt"
    assert (tmp_path / "failures" / "candidate_3_epochs_20.txt").read_text() == "Traceback"
