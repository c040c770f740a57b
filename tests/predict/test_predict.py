"""Predictions: an evaluation's logits, and a command that tells what it could not read."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from exported_networks import CLASSES, SIDE, evaluation_logits, random_images, random_model
from model_cards import CARD
from PIL import Image

from econas_jax.data.augmentation import prepare
from econas_jax.data.origin import Tally
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import InputError
from econas_jax.export import export_model
from econas_jax.models.trained_model import TrainedModel
from econas_jax.predict import load_exported
from econas_jax.predict.__main__ import main
from econas_jax.predict.preparation import prepared_image, resized

LARGER = 12  # pixels a side of a data set whose images are resized for the network


class Case(NamedTuple):
    model: TrainedModel
    folder: Path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("predict") / "export"
    model = random_model()
    export_model(model, folder)
    return Case(model, folder)


def _saved(folder: Path, image: npt.NDArray[np.uint8], name: str = "image.png") -> str:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(image).save(file)
    return str(file)


def test_a_prediction_sees_the_logits_of_an_evaluation(case: Case, tmp_path: Path) -> None:
    images = random_images(2, LARGER)
    exported = load_exported(case.folder)
    pixels = np.stack(
        [
            prepared_image(_saved(tmp_path, image, f"{number}.png"), exported.card, Tally())
            for number, image in enumerate(images)
        ]
    )
    logits, expected = exported.logits(pixels), evaluation_logits(case.model, images)
    np.testing.assert_allclose(logits, expected, atol=1e-5 * np.abs(expected).max())
    assert np.abs(expected[0] - expected[1]).max() > 1e-2 * np.abs(expected).max()


@pytest.mark.parametrize(("size", "resolution"), [(12, 8), (8, 8), (5, 8), (31, 4)])
def test_resizing_is_that_of_an_evaluation(size: int, resolution: int) -> None:
    images = random_images(1, size)
    expected = np.asarray(prepare(images, resolution, (0, 0, 0), (1, 1, 1))[0]) * 255  # type: ignore[arg-type]
    np.testing.assert_allclose(resized(images[0], resolution), expected, rtol=1e-5, atol=1e-3)


def test_the_whole_square_is_shown_without_a_crop(tmp_path: Path) -> None:
    image = random_images(1, SIDE)[0]
    file = _saved(tmp_path, np.pad(image, ((0, 0), (4, 4), (0, 0))))  # twice as wide as high
    np.testing.assert_array_equal(prepared_image(file, dataclasses.replace(CARD, crop=1.0), Tally()), image)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_cropped_pixels_are_those_of_a_streamed_evaluation(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    for label in ("a", "b"):
        for split in ("train", "val"):
            (tmp_path / split / label).mkdir(parents=True)
            coarse.resize((71, 53), resample=Image.Resampling.BICUBIC).save(tmp_path / split / label / name)
    source = StreamConfig(name="image_stream", path=str(tmp_path), crop=CARD.crop, workers=0).open(0, SIDE)
    (batch,) = source.evaluation("test", 2)
    source.close()
    found = prepared_image(str(tmp_path / "val" / "b" / name), CARD, Tally())
    np.testing.assert_array_equal(found, batch.images[1])


def test_files_and_folders_are_classified(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = random_images(3)
    one = _saved(tmp_path, images[0])
    _saved(tmp_path / "folder", images[1], "b.png")
    _saved(tmp_path / "folder", images[2], "a.bmp")
    assert main([str(case.folder), one, str(tmp_path / "folder"), "--json"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    told = [json.loads(line) for line in output.splitlines()]
    assert [line["image"] for line in told] == [one, f"{tmp_path}/folder/a.bmp", f"{tmp_path}/folder/b.png"]
    expected = evaluation_logits(case.model, images[[0, 2, 1]])
    for line, logits in zip(told, expected, strict=True):
        found = {entry["class"]: entry["probability"] for entry in line["classes"]}
        assert list(found) == [CLASSES[place] for place in np.argsort(-logits)]
        weights = np.exp(logits - logits.max())
        np.testing.assert_allclose([found[name] for name in CLASSES], weights / weights.sum(), rtol=1e-4)


def test_what_cannot_be_read_is_told_and_the_rest_classified(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = _saved(tmp_path, random_images(1)[0])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("no image either")
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(folder / "deep.png")
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / "missing.png"), str(folder), str(tmp_path / "empty"), good]
    assert main([str(case.folder), *paths, "--top", "1"]) == 1
    output, errors = capsys.readouterr()
    name, top = output.splitlines()
    assert name == good and top.split()[-1] in CLASSES
    *told, note = errors.splitlines()
    assert len(told) == 4 and all(line.startswith("error: image = ") for line in told)
    for line, part in zip(told, ["missing.png", "broken.png", "deep.png", "empty"], strict=True):
        assert part in line
    assert note.startswith("note: 1 (no image, ") and "notes.txt" in note
    assert main([str(case.folder), paths[0], "--json"]) == 1
    assert json.loads(capsys.readouterr().out).keys() == {"image", "error"}


def test_what_is_no_export_is_refused(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = _saved(tmp_path, random_images(1)[0])
    assert main([str(tmp_path), image]) == 2
    assert "expected a folder made by econas-jax export" in capsys.readouterr().err
    changed = tmp_path / "changed"
    shutil.copytree(case.folder, changed)
    (changed / "network.stablehlo").write_bytes(b"something else")
    assert main([str(changed), image]) == 2
    output, errors = capsys.readouterr()
    assert output == "" and "SHA-256" in errors and errors.count("\n") == 1
    assert main([str(case.folder), image, "--top", "0"]) == 2


def test_a_program_that_cannot_be_read_is_refused(case: Case, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(case.folder, changed)
    (changed / "network.stablehlo").write_bytes(b"abc")
    card = changed / "model_card.json"
    fields = json.loads(card.read_text())
    # Of b"abc", from FIPS 180-2: the file is the one that the card names, and still no program.
    fields["files"]["network.stablehlo"] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    card.write_text(json.dumps(fields))
    with pytest.raises(InputError, match="expected a program that JAX .* can read"):
        load_exported(changed)


def test_a_card_with_other_classes_than_the_program_is_refused(case: Case, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(case.folder, changed)
    card = changed / "model_card.json"
    fields = json.loads(card.read_text())
    for names in (fields["classes"][:-1], [*fields["classes"], "more"]):
        card.write_text(json.dumps({**fields, "classes": names}))
        allowed = f"expected {len(fields['classes'])} names, as many as the program has outputs"
        with pytest.raises(InputError, match=f"^classes = {len(names)}: {allowed}$"):
            load_exported(changed)


def test_no_network_code_is_loaded(case: Case, tmp_path: Path) -> None:
    image = _saved(tmp_path, random_images(1)[0])
    program = (
        "import sys; from econas_jax.predict.__main__ import main; status = main(sys.argv[1:])\n"
        "assert 'econas_jax.nn.darts.cell_network' not in sys.modules; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(case.folder), image], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(image) and case.model.resolution == SIDE
