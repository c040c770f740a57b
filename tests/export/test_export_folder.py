"""The folder of an export is whole or has no card; what others keep in it is theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exported_networks import random_model
from model_cards import CARD

from econas_jax.errors import InputError
from econas_jax.export.folder import staged

FILES = {"network.py": "new", "model_card.json": "card"}


def _export(folder: Path, overwrite: bool = False, **files: str) -> None:
    with staged(folder, overwrite) as staging:
        for name, text in {**FILES, **files}.items():
            (staging / name).write_text(text)


def _content(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_it_is_made(tmp_path: Path) -> None:
    _export(tmp_path / "a" / "b")
    assert _content(tmp_path / "a" / "b") == FILES


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "a" / "b", False) as staging:
        (staging / "network.py").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_export_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    fields = {**CARD.to_json(), "files": {"network.py": "", "network.onnx": "", "../elsewhere": ""}}
    (tmp_path / "elsewhere").write_text("mine")
    folder = tmp_path / "export"
    folder.mkdir()
    for name in ("network.py", "network.onnx", "notes.txt"):
        (folder / name).write_text("old")
    (folder / "model_card.json").write_text(json.dumps(fields))
    (folder / ".export-killed").mkdir()
    _export(folder)
    assert _content(folder) == {**FILES, "notes.txt": "old"}  # no ONNX of other weights
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_an_export_killed_while_its_files_moved_is_made_again_by_the_same_command(tmp_path: Path) -> None:
    fields = {**CARD.to_json(), "files": {"network.py": "", "network.onnx": ""}}
    killed = tmp_path / ".export-killed"
    killed.mkdir()
    (killed / "model_card.json").write_text(json.dumps(fields))  # the last to move
    (tmp_path / "network.py").write_text("moved")
    _export(tmp_path)
    assert _content(tmp_path) == FILES


def test_another_folder_is_refused_unless_it_is_to_be_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("old")
    with pytest.raises(InputError, match="^to = .*: expected an empty folder or an earlier export; --overwrite"):
        _export(tmp_path)
    assert _content(tmp_path) == {"notes.txt": "old"}
    _export(tmp_path, overwrite=True)
    assert _content(tmp_path) == {**FILES, "notes.txt": "old"}


def test_a_trained_models_own_folder_is_never_written_into(tmp_path: Path) -> None:
    random_model().save(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(InputError, match="expected another folder than a trained model's own"):
        _export(tmp_path, overwrite=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="^to = .*: expected a folder$"):
        _export(tmp_path / "file")
    with pytest.raises(InputError, match="^to = .*: expected a folder that can be written"):
        _export(tmp_path / "file" / "below")
