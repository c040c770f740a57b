"""Tests of what is told of the data: a line a split, and the facts that `config.json` keeps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data_sources import random_split, write_image_folder
from PIL import Image

from econas_jax.data import DataReport, Dataset, Split, fingerprints, load_dataset
from econas_jax.data.duplicates import shared_images
from econas_jax.data.stream.config import StreamConfig

SPLIT = random_split(20, size=8, classes=2)
HALF = (0.5, 0.5, 0.5)


def test_lines_tell_images_classes_origin_and_what_was_passed_over(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "Training", SPLIT)
    (tmp_path / "Training" / "class0" / "notes.txt").touch()
    Image.fromarray(np.zeros((8, 8, 4), np.uint8)).save(tmp_path / "Training" / "class0" / "clear.png")
    report = DataReport.of(load_dataset("image_folder", path=tmp_path, image_size=8, validation_size=4))
    assert report.lines() == (
        "train: 17 images in 2 classes, from Training/; passed over: 1 (no image, 'Training/class0/notes.txt'); "
        "changed: 1 (with transparent pixels, laid on white, 'Training/class0/clear.png')",
        "validation: 4 images in 2 classes, held out of the training images",
        "test: no images",
    )


def test_classes_without_images_are_named(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", random_split(20, size=8, classes=8))
    write_image_folder(tmp_path / "val", random_split(2, size=8, classes=2, seed=1))
    assert DataReport.of(load_dataset("image_folder", path=tmp_path, image_size=8)).lines()[1] == (
        "validation: 2 images in 2 classes, from val/; "
        "no images of 'class2', 'class3', 'class4', 'class5', 'class6' and 1 more"
    )
    source = StreamConfig(path=str(tmp_path), workers=0).open(0, 8)
    assert source.lines()[1].startswith("test: 2 images in 2 classes, from val/; no images of 'class2', ")
    source.close()


def test_every_loader_has_a_line_a_split(tmp_path: Path) -> None:
    assert DataReport.of(load_dataset("digits")).lines()[:3] == (
        "train: 1,200 images in 10 classes",
        "validation: 300 images in 10 classes, held out of the training images",
        "test: 297 images in 10 classes",
    )
    np.savez(tmp_path / "data.npz", train_images=SPLIT.images, train_labels=SPLIT.labels)
    lines = DataReport.of(load_dataset("npz", path=tmp_path / "data.npz")).lines()
    assert [line.split(":")[0] for line in lines] == ["train", "validation", "test"]


def test_a_name_that_is_no_line_stays_in_its_line(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    (tmp_path / "two\nlines\x1b[31m.txt").touch()
    dataset = load_dataset("image_folder", path=tmp_path, image_size=8)
    line = DataReport.of(dataset).lines()[0]
    assert line.isprintable()


def test_facts_are_json_and_hold_the_fingerprints(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    (tmp_path / "notes.txt").touch()
    dataset = load_dataset("image_folder", path=tmp_path, image_size=8, validation_size=4)
    facts = DataReport.of(dataset).facts()
    assert json.loads(json.dumps(facts)) == {
        "name": "image_folder",
        "image_size": 8,
        "classes": ["class0", "class1"],
        "mean": list(dataset.mean),
        "std": list(dataset.std),
        "validation_images_also_in_train": 0,
        "splits": {
            "train": {
                "images": 16,
                "classes": 2,
                "source": "from the folder itself",
                "passed_over": [{"what": "no image", "number": 1, "example": "notes.txt"}],
                "treated": [],
                "fingerprint": fingerprints(dataset)["train"],
            },
            "validation": {
                "images": 4,
                "classes": 2,
                "source": "held out of the training images",
                "passed_over": [],
                "treated": [],
                "fingerprint": fingerprints(dataset)["validation"],
            },
            "test": {"images": 0, "classes": 0, "fingerprint": fingerprints(dataset)["test"]},
        },
    }


@pytest.mark.parametrize("copies", [0, 1, 3])
def test_duplicates_between_training_and_validation_images_are_counted_and_said(copies: int) -> None:
    validation = random_split(6, size=8, classes=2, seed=1)
    images = validation.images.copy()
    images[:copies] = SPLIT.images[4 : 4 + copies]  # labels play no part
    validation = Split(images, validation.labels)
    report = DataReport.of(Dataset("made up", SPLIT, validation, validation.take(np.arange(0)), 2, HALF, HALF))
    expected = {0: [], 1: ["1 validation image is also among"], 3: ["3 validation images are also among"]}[copies]
    assert report.facts()["validation_images_also_in_train"] == copies
    assert [line.split(" the training")[0] for line in report.lines()[3:]] == expected


def test_a_validation_image_that_is_there_twice_counts_twice_and_a_training_image_once() -> None:
    one, other = SPLIT.take(np.array([0])), SPLIT.take(np.array([1]))

    def joined(*splits: Split) -> Split:
        images, labels = ([getattr(split, name) for split in splits] for name in ("images", "labels"))
        return Split(np.concatenate(images), np.concatenate(labels))

    assert shared_images(joined(one, other), joined(one, one)) == 2
    assert shared_images(joined(one, one, other), one) == 1
    assert shared_images(one, other) == 0
    assert shared_images(one, one.take(np.arange(0))) == 0


def test_duplicates_in_held_out_images_are_found_by_loading(tmp_path: Path) -> None:
    images = np.concatenate([SPLIT.images, SPLIT.images])  # every image twice
    np.savez(tmp_path / "data.npz", train_images=images, train_labels=np.tile(SPLIT.labels, 2))
    dataset = load_dataset("npz", path=tmp_path / "data.npz", validation_size=10)
    trained = [image.tolist() for image in dataset.train.images]
    expected = sum(image.tolist() in trained for image in dataset.validation.images)
    assert expected > 0
    assert DataReport.of(dataset).shared == expected
