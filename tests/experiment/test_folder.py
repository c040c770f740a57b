"""Folders of experiments: which are taken, what is left of a refused one, and what must be the same to go on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from econas_jax.errors import InputError
from econas_jax.experiment import lock, provenance
from econas_jax.experiment.folder import ExperimentFolder, local_folder


@dataclasses.dataclass(frozen=True)
class Config:
    seed: int = 0
    devices: int = 1


def changeable(field: str) -> bool:
    return field == "devices"


def claimed(folder: Path, config: Config = Config(), identity: dict[str, Any] | None = None) -> ExperimentFolder:
    """Returns a folder after an experiment has begun in it."""
    files = ExperimentFolder(folder, "trial")
    with files.held(config, changeable):
        files.claim(config, identity or {})
    return files


def test_a_folder_of_another_kind_of_experiment_is_refused_by_its_kind(tmp_path: Path) -> None:
    claimed(tmp_path)
    with pytest.raises(InputError, match="made by an earlier voyage; this one holds a trial$"):
        ExperimentFolder(tmp_path, "voyage").check(Config(seed=1), changeable)
    file = tmp_path / "config.json"
    fields = json.loads(file.read_text())
    assert fields.pop("kind") == "trial"
    file.write_text(json.dumps(fields))  # as earlier versions wrote it
    ExperimentFolder(tmp_path, "trial").check(Config(), changeable)


@pytest.mark.parametrize(
    "path", ["gs://bucket/x", "s3://bucket/x", "https://host/x", "file:///x", Path("gs://b/x"), ""]
)
def test_a_uri_is_no_folder(path: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="^workdir = .*: expected a folder of this machine's file system$"):
        local_folder(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [None, 3, ["runs"]])
def test_something_that_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(InputError, match="^workdir = .*expected a path$"):
        local_folder(path)


@pytest.mark.parametrize("path", ["runs/x", "/runs/x", "runs:1/x", "C:/runs", "a//b", "runs/gs:/x"])
def test_paths_of_this_machine_are_taken(path: str) -> None:
    assert local_folder(path) == Path(path)


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert local_folder("~/runs/x") == Path("/home/me/runs/x")
    with pytest.raises(InputError, match="^workdir = '~nobody-of-this-name/x'"):
        local_folder("~nobody-of-this-name/x")


@pytest.mark.parametrize("name", ["out.log", "slurm-17.out", "nohup.err", lock.FILE, "config.json.1.2.tmp"])
def test_logs_and_leftovers_are_no_reason_to_refuse_a_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("")
    claimed(tmp_path)
    assert (tmp_path / "config.json").exists()


@pytest.mark.parametrize("name", ["thesis.tex", "notes.txt", "data"])
def test_a_folder_with_something_else_is_refused_and_left(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="^workdir = .*an empty folder, or one made by an earlier trial$"):
        claimed(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def refuse(folder: Path) -> None:
    """Is refused for a reason that shows only once the folder is held, such as its data."""
    files = ExperimentFolder(folder, "trial")
    with pytest.raises(InputError, match="^data"), files.held(Config(), changeable):
        raise InputError("data", 1, "other data")


def test_nothing_is_left_of_a_refused_experiment(tmp_path: Path) -> None:
    refuse(tmp_path / "runs" / "deep" / "x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    refuse(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"] and list((tmp_path / "mine").iterdir()) == []
    (tmp_path / "mine" / "a.log").write_text("mine")
    refuse(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["a.log"]


def test_a_claimed_folder_stays_when_the_next_run_is_refused(tmp_path: Path) -> None:
    claimed(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    refuse(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("there", "here", "told"),
    [
        ({"x64": "False"}, {"x64": "True"}, "x64: False there, True here"),
        ({"data": {"train": "a1", "test": "b2"}}, {"data": {"train": "c3", "test": "b2"}}, "data.train: a1 there, c3"),
        ({"data": {"train": "a1"}}, {"data": {}}, "data.train: a1 there, None here"),
    ],
)
def test_another_identity_is_refused_and_leaves_the_file(
    there: dict[str, Any], here: dict[str, Any], told: str, tmp_path: Path
) -> None:
    claimed(tmp_path, identity=there)
    before = (tmp_path / "config.json").read_bytes()
    with pytest.raises(InputError, match=f"^workdir = .*or another folder.*{told}"):
        claimed(tmp_path, identity=here)
    assert (tmp_path / "config.json").read_bytes() == before


def test_an_identity_that_an_earlier_version_did_not_record_is_taken_and_recorded(tmp_path: Path) -> None:
    claimed(tmp_path)
    claimed(tmp_path, identity={"x64": "False"}).record(Config())
    with pytest.raises(InputError, match="x64: False there, True here"):
        claimed(tmp_path, identity={"x64": "True"})


def test_the_versions_of_every_run_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("0.10.1", "0.10.1", "0.10.2"):
        monkeypatch.setattr(provenance, "versions", lambda version=version: {"jax": version})
        claimed(tmp_path).record(Config())
    description = json.loads((tmp_path / "config.json").read_text())
    assert [run["versions"]["jax"] for run in description["runs"]] == ["0.10.1", "0.10.2"]
    assert description["versions"] == {"jax": "0.10.2"}


def test_a_lock_whose_file_was_removed_while_waiting_is_taken_anew(tmp_path: Path) -> None:
    with lock.locked(tmp_path):
        (tmp_path / lock.FILE).unlink()
    with lock.locked(tmp_path):
        assert lock.is_held(tmp_path)
