"""Tests of folders of image files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from data_sources import random_split, write_image_folder
from PIL import Image

from econas_jax.data.image_folder import load_image_folder
from econas_jax.errors import InputError

SPLIT = random_split(20, size=8, classes=2)


def test_classes_directly_in_the_folder_are_read_in_sorted_order(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    dataset = load_image_folder(tmp_path, image_size=8, validation_size=0)
    order = np.argsort(SPLIT.labels, kind="stable")  # by class, then by file name
    np.testing.assert_array_equal(dataset.train.images, SPLIT.images[order])
    np.testing.assert_array_equal(dataset.train.labels, SPLIT.labels[order])
    assert (dataset.num_classes, len(dataset.test)) == (2, 0)
    assert dataset.classes == ("class0", "class1")


def test_folders_of_splits_are_read(tmp_path: Path) -> None:
    held_out, test = random_split(6, size=8, classes=2, seed=1), random_split(3, size=8, classes=1, seed=2)
    write_image_folder(tmp_path / "train", SPLIT)
    write_image_folder(tmp_path / "validation", held_out)
    write_image_folder(tmp_path / "test", test)
    dataset = load_image_folder(str(tmp_path), image_size=8)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (20, 6, 3)
    np.testing.assert_array_equal(dataset.test.images, test.images)
    assert dataset.test.labels.tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="validation images of its own"):
        load_image_folder(tmp_path, validation_size=2)


def test_a_training_image_among_the_validation_images_is_refused(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", SPLIT)
    write_image_folder(tmp_path / "validation", SPLIT.take(np.arange(2)))
    with pytest.raises(InputError, match="2 training images among them"):
        load_image_folder(tmp_path, image_size=8)


def test_hidden_files_and_other_kinds_are_passed_over_and_counted(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    (tmp_path / "class0" / "notes.txt").write_text("not an image")
    (tmp_path / "class1" / "Thumbs.db").write_bytes(b"BM, but not the header of a BMP file that follows")
    (tmp_path / "class0" / ".hidden.png").write_text("not an image")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "list.csv").write_text("P1 is a name and no size")
    (tmp_path / "class0" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "class1" / "around").symlink_to(tmp_path / "class1")
    dataset = load_image_folder(tmp_path, image_size=8, validation_size=0)
    assert len(dataset.train) == 20
    assert {count.what: (count.number, count.example) for count in dataset.origins["train"].passed_over} == {
        "hidden": (2, ".cache"),
        "no image": (3, "list.csv"),
        "neither file nor folder, or a broken link": (1, "class0/gone.png"),
        "link to a folder above it": (1, "class1/around"),
    }


def test_images_outside_of_a_class_are_passed_over_and_counted(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", SPLIT)
    (tmp_path / "test").mkdir()
    Image.fromarray(SPLIT.images[0]).save(tmp_path / "train" / "loose.png")
    Image.fromarray(SPLIT.images[0]).save(tmp_path / "test" / "unlabelled.png")
    Image.fromarray(SPLIT.images[0]).save(tmp_path / "preview.png")
    (tmp_path / "annotations").mkdir()
    dataset = load_image_folder(tmp_path, image_size=8)
    assert (len(dataset.train) + len(dataset.validation), len(dataset.test)) == (20, 0)
    assert [str(count) for count in dataset.origins["train"].passed_over] == [
        "1 (folder without images, 'annotations')",
        "1 (image beside the folders of the splits, 'preview.png')",
        "1 (image in no class's folder, 'train/loose.png')",
    ]
    assert [count.example for count in dataset.origins["test"].passed_over] == ["test/unlabelled.png"]


def test_images_in_folders_below_a_class_are_read(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    flat = load_image_folder(tmp_path, image_size=8, validation_size=0)
    for folder in (tmp_path / "class0", tmp_path / "class1"):
        for number, file in enumerate(sorted(folder.iterdir())):
            below = folder / "session" / str(number // 4)  # an order that keeps that of the files
            below.mkdir(parents=True, exist_ok=True)
            file.rename(below / file.name)
    nested = load_image_folder(tmp_path, image_size=8, validation_size=0)
    np.testing.assert_array_equal(nested.train.images, flat.train.images)
    np.testing.assert_array_equal(nested.train.labels, flat.train.labels)
    assert nested.origins["train"].passed_over == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("photo.jfif", "JPEG"),
        ("photo.JPE", "JPEG"),
        ("photo", "PNG"),
        ("photo.tmp", "BMP"),
        ("photo.png.bak", "PNG"),
        ("photo.img", "GIF"),
        ("photo.dat", "TIFF"),
        ("photo.x", "WEBP"),
        ("photo.map", "PPM"),
        ("photo.jpg", "PNG"),
    ],
)
def test_images_are_known_by_their_content(tmp_path: Path, name: str, kind: str) -> None:
    write_image_folder(tmp_path, SPLIT)
    Image.fromarray(np.full((8, 8, 3), 255, np.uint8)).save(tmp_path / "class1" / name, kind)
    images = load_image_folder(tmp_path, image_size=8, validation_size=0).train.images
    assert len(images) == 21
    assert (images[-1] >= 254).all()


def test_oblong_images_are_cut_to_their_centre_and_resized(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    image = np.zeros((16, 48, 3), np.uint8)
    image[:, 16:32] = 255  # the central square is white
    Image.fromarray(image).save(tmp_path / "class0" / "0000.png")
    image = np.zeros((48, 16, 3), np.uint8)
    image[16:32, :8] = (255, 0, 0)
    Image.fromarray(image).save(tmp_path / "class0" / "0001.png")
    first, second = load_image_folder(tmp_path, image_size=8, validation_size=0).train.images[:2]
    assert (first == 255).all()
    np.testing.assert_array_equal(second[:, 0], [[255, 0, 0]] * 8)
    np.testing.assert_array_equal(second[:, -1], np.zeros((8, 3)))
    assert load_image_folder(tmp_path).image_size == 32


def test_other_modes_of_eight_bits_become_rgb(tmp_path: Path) -> None:
    write_image_folder(tmp_path, SPLIT)
    grey = Image.fromarray(SPLIT.images[0, :, :, 0])
    for number, mode in enumerate(("L", "RGBA", "P", "1", "LA")):
        grey.convert(mode).save(tmp_path / "class0" / f"{number:04}.png")
    images = load_image_folder(tmp_path, image_size=8, validation_size=0).train.images
    for number in (0, 1, 2, 4):
        np.testing.assert_array_equal(images[number], np.repeat(SPLIT.images[0, :, :, :1], 3, axis=-1))
    assert set(np.unique(images[3])) == {0, 255}


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", SPLIT)
    (tmp_path / "train" / "class2").mkdir()
    with pytest.raises(InputError, match=r"class2'?: expected at least one image"):
        load_image_folder(tmp_path)


def test_a_class_that_has_no_training_images_is_named(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", SPLIT)
    write_image_folder(tmp_path / "test", random_split(3, size=8, classes=3))
    with pytest.raises(InputError, match=r"class2'?: expected a class that has training images: class0, class1"):
        load_image_folder(tmp_path)


def _broken(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _sixteen_bits(file: Path) -> None:
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(file)


@pytest.mark.parametrize("spoil", [_broken, _empty, _sixteen_bits])
def test_an_unreadable_image_is_named(tmp_path: Path, spoil: object) -> None:
    write_image_folder(tmp_path, SPLIT)
    file = next((tmp_path / "class1").iterdir())
    assert callable(spoil)
    spoil(file)
    with pytest.raises(InputError) as caught:
        load_image_folder(tmp_path, image_size=8)
    assert file.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        load_image_folder(tmp_path)


def test_no_folder_and_too_few_classes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "absent", tmp_path / "file", tmp_path):
        with pytest.raises(InputError, match="a folder of images for each class"):
            load_image_folder(path)
    with pytest.raises(InputError, match="image_size = 0"):
        load_image_folder(tmp_path, image_size=0)
