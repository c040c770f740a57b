"""A trained model and its folder: what is written is read back, and what is damaged is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tiny_models import drawn_variables, small_darts, small_nasbench201, tiny_model

from econas_jax.errors import InputError
from econas_jax.models.trained_model import (
    MODEL_FILE,
    WEIGHTS_FILE,
    TrainedModel,
    flattened,
    load_model,
    nested,
)
from econas_jax.nn.description import Description


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return tiny_model()


@pytest.mark.parametrize("description", [small_darts(), small_nasbench201()], ids=["darts", "nasbench201"])
def test_a_model_comes_back_from_its_folder(description: Description, tmp_path: Path) -> None:
    model = tiny_model(description, classes=("cat", "dog", "ü\n"), crop=0.875)
    model.save(tmp_path / "new" / "folder")
    again = load_model(tmp_path / "new" / "folder")
    assert again.to_json() == model.to_json()
    assert (again.classes, again.mean, again.crop, again.accuracy) == (model.classes, model.mean, 0.875, {"test": 0.5})
    assert flattened(again.variables).keys() == flattened(model.variables).keys()
    jax.tree.map(np.testing.assert_array_equal, again.variables, model.variables)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [MODEL_FILE, WEIGHTS_FILE]


def test_the_weights_are_read_without_this_package(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    weights = load_file(tmp_path / WEIGHTS_FILE)
    assert list(weights) == sorted(weights)
    np.testing.assert_array_equal(
        weights["params/classifier/kernel"], model.variables["params"]["classifier"]["kernel"]
    )
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_flat_and_nested_are_inverse(model: TrainedModel) -> None:
    flat = flattened(model.variables)
    assert all(array.flags.c_contiguous for array in flat.values())
    assert flattened(nested(flat)).keys() == flat.keys()
    assert nested({"a/b": np.zeros(1), "a/c": np.ones(1)})["a"].keys() == {"b", "c"}


def test_variables_become_float32_on_the_host(model: TrainedModel) -> None:
    double = jax.tree.map(lambda leaf: np.asfortranarray(leaf, np.float64), model.variables)
    again = tiny_model(variables=double)
    for leaf in jax.tree.leaves(again.variables):
        assert isinstance(leaf, np.ndarray) and leaf.dtype == np.float32 and leaf.flags.c_contiguous
    jax.tree.map(np.testing.assert_array_equal, again.variables, model.variables)


def test_an_auxiliary_head_is_left_out() -> None:
    variables = drawn_variables(small_darts(), 32, auxiliary=True)
    assert "auxiliary" in variables["params"] and "auxiliary" in variables["batch_stats"]
    model = tiny_model(small_darts(), variables=variables, resolution=32)
    assert "auxiliary" not in model.variables["params"] and "auxiliary" not in model.variables["batch_stats"]
    assert "auxiliary" in variables["params"]  # the caller's are as they were


def altered(model: TrainedModel, edit: Any) -> Any:
    """The variables, copied and edited in place."""
    variables = nested(flattened(model.variables))
    edit(variables)
    return variables


def test_variables_of_another_network_are_refused_by_name(model: TrainedModel) -> None:
    def longer(variables: Any) -> None:
        variables["params"]["classifier"]["bias"] = np.zeros(4)

    def less(variables: Any) -> None:
        del variables["params"]["classifier"]["bias"]

    def more(variables: Any) -> None:
        variables["params"]["classifier"]["gain"] = np.zeros(3)

    name = "weights params/classifier"
    for edit, told in (
        (longer, rf"^{name}/bias = \(4,\): expected \(3,\), as in the described network$"),
        (less, rf"^{name}/bias = 'missing': expected \(3,\), as in the described network$"),
        (more, rf"^{name}/gain = \(3,\): expected no such array$"),
    ):
        with pytest.raises(InputError, match=told):
            tiny_model(variables=altered(model, edit))


def test_names_are_as_many_as_outputs(model: TrainedModel) -> None:
    with pytest.raises(InputError, match="^classes = 2: expected 3 names, as many as the network has outputs$"):
        tiny_model(classes=("cat", "dog"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("mean", value) for value in ((), (0.5, 0.5), "abc", (0.5, 0.5, float("nan")), (True, 0.5, 0.5))),
        *(("std", value) for value in ((0.5, 0.5), (0.5, 0.5, 0.0), (0.5, -0.5, 0.5))),
        *(("crop", value) for value in (None, True, 0, 1.5, "0.5")),
        *(("resolution", value) for value in (0, 8.0)),
        *(("accuracy", value) for value in (None, [0.5], {"test": "0.5"})),
        ("training", 3),
    ],
)
def test_what_no_image_can_be_prepared_by_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^{name}"):
        tiny_model(**{name: value})


@pytest.mark.parametrize("name", ["params", "params/classifier", "params/classifier/bias/more", "else"])
def test_an_array_in_no_place_of_a_network_is_refused_by_name(name: str, model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    save_file({**flattened(model.variables), name: np.zeros(3, np.float32)}, tmp_path / WEIGHTS_FILE)
    with pytest.raises(InputError, match=rf"^weights {name}.* expected no such array"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (MODEL_FILE, None),
        (WEIGHTS_FILE, None),
        (MODEL_FILE, "{"),
        (MODEL_FILE, "[]"),
        (MODEL_FILE, '{"format": 2}'),
        (MODEL_FILE, '{"format": 1}'),
        (MODEL_FILE, '{"format": 1, "network": 3, "classes": 3}'),
        (WEIGHTS_FILE, ""),
        (WEIGHTS_FILE, "something else"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(
    file: str, content: str | None, model: TrainedModel, tmp_path: Path
) -> None:
    model.save(tmp_path)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_text(content)
    with pytest.raises(InputError) as caught:
        load_model(tmp_path)
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["resolution", "mean", "training"])
def test_a_model_without_a_field_is_refused(name: str, model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    fields = json.loads((tmp_path / MODEL_FILE).read_text())
    for changed in ({key: value for key, value in fields.items() if key != name}, fields | {f"{name}s": 3}):
        (tmp_path / MODEL_FILE).write_text(json.dumps(changed))
        with pytest.raises(InputError) as caught:
            load_model(tmp_path)
        assert "\n" not in str(caught.value)


def test_weights_cut_short_are_refused(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    content = (tmp_path / WEIGHTS_FILE).read_bytes()
    (tmp_path / WEIGHTS_FILE).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="^model = .*: expected a folder that holds a whole trained model"):
        load_model(tmp_path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder with a trained model, which has model.json$"):
        load_model(tmp_path / "nowhere")


def test_a_save_that_fails_leaves_the_model_before_it(
    model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = tiny_model(variables=jax.tree.map(lambda leaf: leaf + 1, model.variables))

    def full(*arguments: Any, **keywords: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        other.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
