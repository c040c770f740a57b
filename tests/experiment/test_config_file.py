"""A folder's config.json: what counts as the same config."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from econas_jax.errors import InputError
from econas_jax.experiment.config_file import ConfigFile
from econas_jax.search.config import SearchConfig
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.training.config import NetworkConfig


def without_compute_dtype(folder: Path) -> ConfigFile:
    """The file of a folder that is older than the field."""
    file = ConfigFile(folder)
    file.write(SearchConfig(), {})
    description = json.loads((folder / "config.json").read_text())
    del description["config"]["network"]["compute_dtype"]
    (folder / "config.json").write_text(json.dumps(description))
    return file


def test_a_field_younger_than_the_folder_had_its_default(tmp_path: Path) -> None:
    assert without_compute_dtype(tmp_path).differing(SearchConfig()) == {}


def test_a_field_younger_than_the_folder_cannot_change_in_it(tmp_path: Path) -> None:
    changed = dataclasses.replace(SearchConfig(), network=NetworkConfig(compute_dtype="bfloat16"))
    with pytest.raises(InputError, match=r"network\.compute_dtype: float32 there, bfloat16 here"):
        without_compute_dtype(tmp_path).check_same(changed, lambda field: False)


def test_a_field_of_another_name_differs(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path)
    file.write(SearchConfig(), {})
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"seed"', '"sead"', 1))
    assert file.differing(SearchConfig()) == {"sead": (0, None)}


def test_a_key_of_a_group_that_is_younger_than_the_folder_had_its_default(tmp_path: Path) -> None:
    """As in folders of the version with one space, which had no name."""
    file = ConfigFile(tmp_path)
    file.write(SearchConfig(), {})
    description = json.loads((tmp_path / "config.json").read_text())
    assert description["config"]["space"].pop("name") == "darts"
    (tmp_path / "config.json").write_text(json.dumps(description))
    assert file.differing(SearchConfig()) == {}
    differing = file.differing(SearchConfig(space=NasBench201Space()))
    assert differing["space.name"] == ("darts", "nasbench201")


def test_facts_lie_beside_the_config(tmp_path: Path) -> None:
    ConfigFile(tmp_path).write(SearchConfig(), {}, {"plan": {"stages": 3}})
    description = json.loads((tmp_path / "config.json").read_text())
    assert description["plan"] == {"stages": 3} and "plan" not in description["config"]
    assert ConfigFile(tmp_path).differing(SearchConfig()) == {}


def test_another_identity_is_refused_with_the_parts_that_differ(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path)
    file.write(SearchConfig(), {"arithmetic": {"precision": "highest", "flags": ["a", "b"]}})
    file.check_identity({"arithmetic": {"flags": ["a", "b"], "precision": "highest"}, "data": "new"})
    with pytest.raises(InputError, match=r"^workdir = .*\(arithmetic\.precision: highest there, None here\)$"):
        file.check_identity({"arithmetic": {"flags": ["a", "b"]}})
    with pytest.raises(InputError, match=r"\(arithmetic\.flags: \['a', 'b'\] there, \[\] here\)$"):
        file.check_identity({"arithmetic": {"precision": "highest", "flags": []}})


def test_a_folder_that_is_older_than_identities_has_any(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path)
    file.write(SearchConfig(), {})
    description = json.loads((tmp_path / "config.json").read_text())
    del description["identity"]
    (tmp_path / "config.json").write_text(json.dumps(description))
    file.check_identity({"arithmetic": {"precision": "highest"}})


def test_each_run_with_something_else_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ConfigFile(tmp_path)
    for version in ("1", "1", "2", "1"):
        monkeypatch.setattr("econas_jax.experiment.provenance.made_with", lambda version=version: {"version": version})
        file.write(SearchConfig(), {})
    description = json.loads((tmp_path / "config.json").read_text())
    assert [run["version"] for run in description["runs"]] == ["1", "2", "1"] and description["version"] == "1"
