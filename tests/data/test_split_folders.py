"""Tests of the names and places of splits: what people call them is taken for what it is, and nothing is guessed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from data_sources import random_split, write_image_folder

from econas_jax.data.image_folder import load_image_folder
from econas_jax.data.split_names import split_of
from econas_jax.errors import InputError

TRAIN, VALIDATION, TEST = (random_split(count, size=8, classes=2, seed=count) for count in (20, 6, 4))


def _sizes(root: Path) -> tuple[int, int, int]:
    dataset = load_image_folder(root, image_size=8)
    return len(dataset.train), len(dataset.validation), len(dataset.test)


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("training", "valid", "testing"),
        ("Train", "Validation", "Test"),
        ("TRAIN", "DEV", "TESTS"),
        ("train_set", "val-set", "test set"),
        ("train2017", "val2017", "test2017"),
        ("images_train", "images.dev", "test_images"),
        ("trainset", "development", "testset"),
    ],
)
def test_the_folders_of_splits_have_many_names(tmp_path: Path, train: str, validation: str, test: str) -> None:
    for folder, split in ((train, TRAIN), (validation, VALIDATION), (test, TEST)):
        write_image_folder(tmp_path / folder, split)
    assert _sizes(tmp_path) == (20, 6, 4)


@pytest.mark.parametrize("name", ["cat", "trainer", "train_val", "eval", "holdout", "evaluation", "", "2017", "images"])
def test_other_names_and_ambiguous_ones_are_no_splits(name: str) -> None:
    assert split_of(name) is None


@pytest.mark.parametrize("name", ["extra", "eval", "train_val", "holdout", "unlabelled"])
def test_an_unknown_folder_that_holds_images_beside_train_is_named(tmp_path: Path, name: str) -> None:
    write_image_folder(tmp_path / "train", TRAIN)
    write_image_folder(tmp_path / name / "deep" / "below", VALIDATION)
    with pytest.raises(InputError, match=f"{name}'?: expected the name of a split, such as train, val or test"):
        load_image_folder(tmp_path)


@pytest.mark.parametrize("names", [("val", "validation"), ("val", "dev"), ("test", "Testing"), ("train", "Training")])
def test_two_folders_for_one_split_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    write_image_folder(tmp_path / "train", TRAIN)
    for name in names:
        write_image_folder(tmp_path / name, VALIDATION)
    with pytest.raises(InputError, match="expected one folder of (train|validation|test) images: .*/ is another"):
        load_image_folder(tmp_path)


def test_splits_are_never_taken_for_classes(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "val", VALIDATION)
    write_image_folder(tmp_path / "test", TEST)
    with pytest.raises(InputError, match="it has test/, val/ without such a train/"):
        load_image_folder(tmp_path)
    write_image_folder(tmp_path, TRAIN)  # classes beside them
    with pytest.raises(InputError, match=r"test'?: expected a folder train/ beside it"):
        load_image_folder(tmp_path)


def test_training_images_without_classes_are_refused(tmp_path: Path) -> None:
    for name in ("train", "test"):
        shutil.move(write_image_folder(tmp_path / "made", TRAIN) / "class0", tmp_path / name)
        shutil.rmtree(tmp_path / "made")
    with pytest.raises(InputError, match="it has test/, train/ without such a train/"):
        load_image_folder(tmp_path)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write_image_folder(tmp_path, TRAIN)
    (tmp_path / "class1").rename(tmp_path / "train")
    dataset = load_image_folder(tmp_path, image_size=8, validation_size=0)
    assert (len(dataset.train), dataset.num_classes) == (20, 2)


def test_validation_images_without_classes_are_refused(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", TRAIN)
    (write_image_folder(tmp_path / "made", VALIDATION) / "class0").rename(tmp_path / "val")
    shutil.rmtree(tmp_path / "made")
    with pytest.raises(InputError, match=r"val'?: expected a folder of images for each class"):
        load_image_folder(tmp_path)


def test_a_folder_of_validation_images_that_is_empty_is_as_none_and_said(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", TRAIN)
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "readme.txt").write_text("to come")
    dataset = load_image_folder(tmp_path, image_size=8)
    assert len(dataset.validation) == 4
    assert dataset.origins["validation"].source == "held out of the training images"
    assert [str(count) for count in dataset.origins["validation"].passed_over] == ["1 (no image, 'val/readme.txt')"]
