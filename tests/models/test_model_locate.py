"""A path becomes a trained model in one place: a model's folder, a network's, a run's."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported_networks import save_run

from econas_jax.errors import InputError
from econas_jax.models.locate import locate_model, model_folder


def test_all_folders_of_a_run_lead_to_a_model(tmp_path: Path) -> None:
    save_run(tmp_path, {0: {"test": 0.25}})
    model = tmp_path / "network_0" / "model"
    assert {model_folder(path) for path in (tmp_path, tmp_path / "network_0", model)} == {model}
    assert locate_model(tmp_path).accuracy == {"test": 0.25}


def test_the_best_is_by_a_split_that_all_networks_have(tmp_path: Path) -> None:
    accuracies = {0: {"test": 0.5, "validation": 0.9}, 2: {"test": 0.75}, 10: {"test": float("nan")}}
    save_run(tmp_path, accuracies)
    assert model_folder(tmp_path) == tmp_path / "network_2" / "model"
    assert model_folder(tmp_path, 0) == tmp_path / "network_0" / "model"
    assert model_folder(tmp_path, 10) == tmp_path / "network_10" / "model"


def test_validation_counts_before_test(tmp_path: Path) -> None:
    save_run(tmp_path, {0: {"test": 0.9, "validation": 0.5}, 1: {"test": 0.5, "validation": 0.75}})
    assert model_folder(tmp_path) == tmp_path / "network_1" / "model"


def test_what_holds_no_model_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "network_3").mkdir()  # not trained to the end
    for path, network in ((tmp_path, None), (tmp_path / "nowhere", None), (tmp_path, 3)):
        with pytest.raises(InputError, match="^model = '.*': expected a trained model's folder, or a retraining run's"):
            model_folder(path, network)
    save_run(tmp_path, {1: {"test": 0.5}})
    with pytest.raises(InputError, match="^network = 3: expected one that is trained to the end: 1$"):
        model_folder(tmp_path, 3)
    (tmp_path / "network_1" / "model" / "model.json").write_text("[]")
    with pytest.raises(InputError, match="expected a folder that holds a whole trained model"):
        model_folder(tmp_path)
