"""Pixels of training and evaluation against plain Pillow without scaled decoding, and images of every kind."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from econas_jax.data.stream.crops import RandomCrop, random_box
from econas_jax.data.stream.decoding import evaluation_pixels, training_pixels
from econas_jax.data.stream.records import Record
from econas_jax.errors import InputError

ORIENTATION = 0x0112


def photo(width: int, height: int) -> Image.Image:
    """A picture with detail at every scale."""
    rng = np.random.default_rng(width)
    rough = Image.fromarray(rng.integers(0, 256, (7, 9, 3), np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    fine = rng.integers(-12, 13, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(rough).astype(int) + fine, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, **options: object) -> Record:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90, **options)
    return Record(stream.getvalue(), "photo.jpg", 0)


def decoded(record: Record) -> Image.Image:
    assert isinstance(record.content, bytes)
    return Image.open(io.BytesIO(record.content)).convert("RGB")


def reference_crop(record: Record, resolution: int, seed: int) -> npt.NDArray[np.uint8]:
    image, rng = decoded(record), np.random.default_rng(seed)
    mirrored = rng.random() < 0.5
    box = random_box(*image.size, RandomCrop(), rng)
    part = image.crop(tuple(map(int, box))).resize((resolution, resolution), Image.Resampling.BILINEAR)  # type: ignore[arg-type]
    return np.asarray(ImageOps.mirror(part) if mirrored else part)


def test_a_training_image_is_the_crop_that_plain_pillow_makes() -> None:
    record = jpeg(photo(100, 75))
    for seed in range(20):
        pixels = training_pixels(record, 64, RandomCrop(), True, np.random.default_rng(seed))
        np.testing.assert_array_equal(pixels, reference_crop(record, 64, seed))


def test_decoding_at_a_fraction_of_the_size_is_hard_to_tell_from_the_whole() -> None:
    record, exact = jpeg(photo(501, 383)), 0
    for seed in range(20):
        pixels = training_pixels(record, 32, RandomCrop(), True, np.random.default_rng(seed))
        difference = np.abs(pixels.astype(int) - reference_crop(record, 32, seed))
        exact += bool((difference == 0).all())
        assert difference.mean() < 1.2 and difference.max() <= 12  # of 255
    assert exact < 10  # most were decoded smaller, or this test would test nothing


@pytest.mark.parametrize(("width", "height"), [(100, 75), (75, 100), (91, 64), (40, 40)])
def test_an_evaluation_resizes_the_shorter_side_and_cuts_the_centre_out(width: int, height: int) -> None:
    record = jpeg(photo(width, height))
    scale = 64 / min(width, height)  # 56 / 0.875
    size = (64, int(height * scale)) if width <= height else (int(width * scale), 64)
    whole = decoded(record).resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - 56) / 2), round((size[1] - 56) / 2)
    expected = np.asarray(whole.crop((left, top, left + 56, top + 56))).astype(int)
    found = evaluation_pixels(record, 56, 0.875)
    assert np.abs(found - expected).max() <= 1  # coordinates are rounded differently


def test_half_of_the_training_images_are_mirrored_if_asked_for() -> None:
    record = jpeg(photo(40, 40))

    def pixels(flip: bool, seed: int) -> npt.NDArray[np.uint8]:
        return training_pixels(record, 16, RandomCrop(), flip, np.random.default_rng(seed))

    mirrored = [bool((pixels(True, seed) == pixels(False, seed)[:, ::-1]).all()) for seed in range(40)]
    assert mirrored == [np.random.default_rng(seed).random() < 0.5 for seed in range(40)]
    assert 10 < sum(mirrored) < 30


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_exif_orientation_is_obeyed(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    record = jpeg(photo(60, 40), exif=exif)
    assert isinstance(record.content, bytes)
    upright = io.BytesIO()
    ImageOps.exif_transpose(Image.open(io.BytesIO(record.content))).save(upright, "PNG")
    expected = evaluation_pixels(Record(upright.getvalue(), "upright.png", 0), 32, 1.0)
    np.testing.assert_array_equal(evaluation_pixels(record, 32, 1.0), expected)


def test_grey_palette_transparent_and_cmyk_images_are_rgb_ones() -> None:
    image = photo(48, 48)
    for converted, form in (
        (image.convert("L"), "JPEG"),
        (image.convert("CMYK"), "JPEG"),
        (image.convert("P"), "PNG"),
        (image.convert("RGBA"), "PNG"),
    ):
        stream = io.BytesIO()
        converted.save(stream, form)
        pixels = evaluation_pixels(Record(stream.getvalue(), "image", 0), 48, 1.0)
        expected = np.asarray(Image.open(io.BytesIO(stream.getvalue())).convert("RGB"))
        np.testing.assert_array_equal(pixels, expected)


def test_what_is_no_image_of_8_bits_is_refused_by_name(tmp_path: Path) -> None:
    whole = jpeg(photo(64, 64)).content
    assert isinstance(whole, bytes)
    stream = io.BytesIO()
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(stream, "PNG")
    contents = {"cut.jpg": whole[: len(whole) // 2], "deep.png": stream.getvalue(), "empty.jpg": b"", "text.jpg": b"hi"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        path = str(tmp_path / name)
        for record in (Record(path, path, 0), Record(content, path, 0)):
            with pytest.raises(InputError, match=f"^image = '.*{name}': expected ") as caught:
                training_pixels(record, 16, RandomCrop(), True, np.random.default_rng(0))
            assert "\n" not in str(caught.value)
