"""The card of an export: read back as written, and refused in a line if it is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from model_cards import CARD

from econas_jax.errors import InputError
from econas_jax.models.model_card import CARD_FILE, checked_file, read_card, sha256


def _write(folder: Path, **changes: object) -> None:
    (folder / CARD_FILE).write_text(json.dumps({**CARD.to_json(), **changes}))


def test_it_is_read_back(tmp_path: Path) -> None:
    _write(tmp_path)
    assert read_card(tmp_path) == CARD


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 7}, "expected a card of the format 'econas_jax export 1'"),
        ({"crop": 1.5}, "^crop = 1.5: expected a number above 0, at most 1"),
        ({"resolution": "8"}, "^resolution = '8'"),
        ({"classes": "cat"}, "^classes of .*: expected a list"),
        ({"classes": ["cat", 3]}, "^classes = \\('cat', 3\\): expected two names or more"),
        ({"other": 1}, "^fields of .*: expected accuracy, classes"),
    ],
)
def test_a_card_that_says_nonsense_is_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    _write(tmp_path, **changes)
    with pytest.raises(InputError, match=message):
        read_card(tmp_path)


def test_another_folder_and_another_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder made by econas-jax export"):
        read_card(tmp_path)
    for text in ("{", "[" * 100_000):
        (tmp_path / CARD_FILE).write_text(text)
        with pytest.raises(InputError, match="expected a readable card"):
            read_card(tmp_path)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some").write_bytes(b"abc")
    assert checked_file(tmp_path, CARD, "some") == b"abc"
    (tmp_path / "some").write_bytes(b"abd")
    with pytest.raises(InputError, match="its SHA-256 is not the one in model_card.json"):
        checked_file(tmp_path, CARD, "some")
    (tmp_path / "some").unlink()
    with pytest.raises(InputError, match="No such file"):
        checked_file(tmp_path, CARD, "some")
    card = dataclasses.replace(CARD, files={"other": sha256(b"")})
    with pytest.raises(InputError, match="expected an export with some"):
        checked_file(tmp_path, card, "some")
