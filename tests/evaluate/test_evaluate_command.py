"""The command econas-jax evaluate: what it prints and writes, on which images, and what it refuses in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_sources import random_split, write_image_folder
from tiny_models import small_nasbench201, tiny_model

from econas_jax.__main__ import main
from econas_jax.data import load_dataset
from econas_jax.models.prediction import accuracy
from econas_jax.models.trained_model import TrainedModel
from econas_jax.search import found_model

VALIDATION = 20


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    """For digits, whose classes have no names but numbers."""
    return tiny_model(small_nasbench201(num_classes=10))


@pytest.fixture
def run(model: TrainedModel, tmp_path: Path) -> Path:
    """A retraining run on digits."""
    folder = tmp_path / "run"
    model.save(folder / "network_0" / "model")
    config = {"data": {"name": "digits", "validation_size": VALIDATION}, "seed": 3, "genotype": "DARTS_V2"}
    (folder / "config.json").write_text(json.dumps({"config": config}))
    return folder


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: Any) -> list[str]:
    assert main(["evaluate", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    assert main(["evaluate", *map(str, arguments)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def test_a_network_is_evaluated_on_the_test_images_of_its_run(
    run: Path, model: TrainedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = evaluated(capsys, run)
    folder = run / "network_0" / "evaluation" / "digits_test"
    assert lines[-1] == f"written to {folder}"
    assert {path.name for path in folder.iterdir()} == {"evaluation.json", "confusion.png", "confusion.svg"}
    found = json.loads((folder / "evaluation.json").read_text())
    test = load_dataset("digits", seed=3).test
    assert found["images"] == len(test) == 297 and found["accuracy"] == accuracy(model, [test])
    assert np.array(found["confusion"]).sum(axis=1).tolist() == np.bincount(test.labels).tolist()
    assert found["network"] == model.description.to_json() and found["recorded_accuracy"] == {"test": 0.5}
    assert (found["data"]["name"], found["data"]["split"]) == ("digits", "test")
    shown = next(line for line in lines if line.startswith("accuracy: "))
    assert shown.startswith(f"accuracy: {100 * found['accuracy']:.2f} % (95 % interval ")


def test_other_splits_lie_beside_each_other(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split, images in (("validation", VALIDATION), ("train", 1500 - VALIDATION)):
        evaluated(capsys, run, "--split", split)
        file = run / "network_0" / "evaluation" / f"digits_{split}" / "evaluation.json"
        assert json.loads(file.read_text())["images"] == images


def test_a_candidate_is_evaluated_on_the_validation_images(
    model: TrainedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_model, "load_candidate", lambda path, rank: model)
    data = {"name": "digits", "validation_size": VALIDATION}
    (tmp_path / "config.json").write_text(json.dumps({"config": {"data": data, "seed": 3, "search": {}}}))
    lines = evaluated(capsys, tmp_path, "--rank", 2)
    assert lines[-1] == f"written to {tmp_path / 'evaluation' / 'rank_2_digits_validation'}"
    assert not any("note:" in line for line in lines)
    lines = evaluated(capsys, tmp_path, "--split", "test", "--to", tmp_path / "there")
    assert "note: whoever chooses among a search's candidates by test images has none left to report on" in lines
    assert (tmp_path / "there" / "evaluation.json").is_file()


def test_images_of_ones_own(model: TrainedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that lies alone, and a folder of images with two of its three classes in the test split."""
    named = tiny_model(classes=("class0", "class1", "class2"))
    named.save(tmp_path / "model")
    write_image_folder(tmp_path / "images" / "train", random_split(30, size=20, classes=3))
    write_image_folder(tmp_path / "images" / "test", random_split(7, size=20, classes=2))
    lines = evaluated(capsys, tmp_path / "model", "--data", "image_folder", "--path", tmp_path / "images")
    table = [line.split() for line in lines if line.startswith("class")]
    assert [row[:2] for row in table] == [["class", "images"], ["class0", "4"], ["class1", "3"], ["class2", "0"]]
    assert lines[-1] == f"written to {tmp_path / 'model' / 'evaluation' / 'image_folder_test'}"


def test_streamed_images_are_shown_as_images_in_memory_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 16 pixels the middle 14 are shown, whoever cuts them out."""
    pytest.importorskip("grain")
    model = tiny_model(crop=0.875, classes=("class0", "class1", "class2"))
    images = tmp_path / "images"
    write_image_folder(images / "train", random_split(12, size=16, classes=3))
    write_image_folder(images / "test", random_split(31, size=16, classes=3, seed=1))
    found = []
    for name, more in (("image_stream", {"workers": 0}), ("image_folder", {"image_size": 16})):
        model.save(tmp_path / name)
        config = {"data": {"name": name, "path": str(images), **more}, "seed": 0}
        (tmp_path / name / "config.json").write_text(json.dumps({"config": config}))
        evaluated(capsys, tmp_path / name)
        file = tmp_path / name / "evaluation" / f"{name}_test" / "evaluation.json"
        found.append(np.array(json.loads(file.read_text())["confusion"]))
    assert found[0].sum() == 31
    # The one resizes with Pillow, which rounds to whole values: an image between two classes may turn over.
    assert np.abs(found[0] - found[1]).sum() <= 4


def test_what_cannot_be_evaluated_is_refused(
    run: Path, model: TrainedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.save(tmp_path / "alone")
    named = tuple(f"class{number}" for number in (*range(9), 10))
    tiny_model(model.description, variables=model.variables, classes=named).save(tmp_path / "named")
    write_image_folder(tmp_path / "ten", random_split(40, size=8, classes=10))
    write_image_folder(tmp_path / "two", random_split(9, size=8, classes=2))
    folder = ("--data", "image_folder", "--path")
    for arguments, told in (
        ((tmp_path / "nowhere",), "model = "),
        ((run, "--rank", 0), "rank = 0: expected nothing: "),
        ((run, "--network", 1), "network = 1: expected one that is trained to the end: 0"),
        ((tmp_path / "alone",), "data = None: expected --data and the name of a data set"),
        ((run, "--data", "mnist"), "data = 'mnist': expected one of cifar10, digits, "),
        ((run, *folder, tmp_path / "nowhere"), "data.path = "),
        ((run, *folder, tmp_path / "two"), "classes of the images = 2: expected 10, as many as the model has"),
        ((tmp_path / "named", *folder, tmp_path / "ten"), "class 9 of the images = 'class9': expected 'class10', as"),
        ((run, *folder, tmp_path / "ten"), "split = 'test': expected one that image_folder has images of: train, val"),
        ((run, "--to", run / "config.json"), "to = "),
    ):
        assert refused(capsys, *arguments).startswith(told)
    assert not list(tmp_path.rglob("evaluation"))


def test_the_names_of_the_images_name_the_classes_of_a_model_without(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_image_folder(tmp_path / "ten", random_split(40, size=8, classes=10))
    lines = evaluated(capsys, run, "--data", "image_folder", "--path", tmp_path / "ten", "--split", "train")
    assert any(line.startswith("class9 ") for line in lines)


def test_a_full_disk_is_told(run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **keywords: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("econas_jax.figures.figure_files.save_figure", full)  # after evaluation.json
    assert main(["evaluate", str(run), "--to", str(run / "new")]) == 1
    assert "cannot be written (No space left on device)" in capsys.readouterr().err
    assert not (run / "new").exists()


def test_help_needs_no_jax(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "--help"])
    assert left.value.code == 0 and "--split" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_told_before_the_work(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwritable(*arguments: Any, **keywords: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", unwritable)
    assert main(["evaluate", str(run), "--to", str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert f"error: to = '{tmp_path}': expected a folder that can be written (Read-only file system)" in errors
