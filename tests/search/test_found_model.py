"""A path becomes a trained model in one place, whether a search, a retraining or a user left it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_models import tiny_model

from econas_jax.errors import InputError
from econas_jax.models.trained_model import TrainedModel
from econas_jax.search import found_model
from econas_jax.search.found_model import find_model, is_search


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """A folder that says that it is a search's."""
    folder = tmp_path / "search"
    folder.mkdir()
    (folder / "config.json").write_text('{"config": {"algorithm": "random", "search": {}}}')
    return folder


@pytest.fixture
def retraining(tmp_path: Path) -> Path:
    """A folder of a retraining run of two networks, the second of which is better."""
    folder = tmp_path / "retraining"
    for number, accuracy in enumerate((0.5, 0.75)):
        tiny_model(accuracy={"test": accuracy}).save(folder / f"network_{number}" / "model")
    (folder / "config.json").write_text('{"config": {"genotype": "DARTS_V2"}}')
    return folder


def test_a_search_leads_to_a_candidate(search: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, int]] = []
    model = tiny_model()

    def noting(path: Path, rank: int) -> TrainedModel:
        asked.append((path, rank))
        return model

    monkeypatch.setattr(found_model, "load_candidate", noting)
    assert find_model(search) == (model, search, 0)
    assert find_model(search, rank=3) == (model, search, 3)
    assert asked == [(search, 0), (search, 3)]
    with pytest.raises(InputError, match="^network = 0: expected nothing: .* is a search, whose candidates rank"):
        find_model(search, network=0)


def test_a_retraining_leads_to_a_network(retraining: Path) -> None:
    network = retraining / "network_1"
    for path in (retraining, network, network / "model"):
        model, folder, rank = find_model(path)
        assert (model.accuracy, folder, rank) == ({"test": 0.75}, network, None)
    assert find_model(retraining, network=0).folder == retraining / "network_0"
    with pytest.raises(InputError, match="^rank = 1: expected nothing: .* is no search"):
        find_model(retraining, rank=1)


def test_a_model_may_lie_anywhere(tmp_path: Path) -> None:
    tiny_model().save(tmp_path / "mine")
    assert find_model(tmp_path / "mine").folder == tmp_path / "mine"
    with pytest.raises(InputError, match="^model = "):
        find_model(tmp_path)


def test_a_search_is_known_by_its_config(search: Path, retraining: Path, tmp_path: Path) -> None:
    assert is_search(search) and not is_search(retraining) and not is_search(tmp_path)
    for content in ("", "[]", "3", json.dumps({"config": 3}), json.dumps({"config": []})):
        (search / "config.json").write_text(content)
        assert not is_search(search)
