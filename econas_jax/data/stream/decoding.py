"""One stored image as the pixels a network sees: decoded no larger than needed, cropped, resized, flipped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from econas_jax.data.image_file import is_turned, opened_image, upright_rgb
from econas_jax.data.origin import Tally
from econas_jax.data.stream.crops import Box, RandomCrop, central_box, random_box
from econas_jax.data.stream.records import Record

if TYPE_CHECKING:
    from PIL import Image

Pixels = npt.NDArray[np.uint8]

# A JPEG is decoded at 1/2, 1/4 or 1/8 where the part that is cut out still has this many times the pixels wanted.
# Pillow's own `thumbnail` takes the same margin: the result is hard to tell from that of the whole image.
MARGIN = 2.0


def training_pixels(record: Record, resolution: int, crop: RandomCrop, flip: bool, rng: np.random.Generator) -> Pixels:
    """Returns a random part of an image, uint8[r, r, 3], mirrored in half of the cases if `flip`.

    It depends on the stored image and on `rng` alone. See `image_file.read_image` for other kinds than plain RGB.

    Raises:
        InputError: an image that cannot be read, by name.
    """
    mirrored = rng.random() < 0.5 and flip  # drawn in any case, so that `flip` does not change what is cut out
    with opened_image(record.content, record.name) as image:
        image, box = _part(image, record.name, resolution, lambda width, height: random_box(width, height, crop, rng))
        if all(side.is_integer() for side in box):
            # Cut first, as torchvision does: resizing a part of an image mixes in pixels from outside of it.
            image = image.crop((int(box.left), int(box.top), int(box.right), int(box.bottom)))
            box = Box(0.0, 0.0, float(image.width), float(image.height))
        pixels = _resized(image, box, resolution)
    return pixels[:, ::-1] if mirrored else pixels


def evaluation_pixels(record: Record, resolution: int, share: float, tally: Tally | None = None) -> Pixels:
    """Returns the central square of an image, uint8[r, r, 3]; share: of the shorter side, how much it keeps.

    tally: counts what was done that is worth telling.

    Raises:
        InputError: an image that cannot be read, by name.
    """
    with opened_image(record.content, record.name) as image:
        choose = functools.partial(central_box, resolution=resolution, share=share)
        # Resized as a part of the whole image, which is what torchvision cuts the centre out of.
        return _resized(*_part(image, record.name, resolution, choose, tally), resolution)


def _part(
    image: Image.Image, name: str, resolution: int, choose: Callable[[int, int], Box], tally: Tally | None = None
) -> tuple[Image.Image, Box]:
    """Chooses a part of an opened image by its size; returns the image decoded, and the part in its pixels."""
    tally = Tally() if tally is None else tally
    if image.format != "JPEG" or is_turned(image):
        decoded = upright_rgb(image, name, name, "white", tally)
        return decoded, Box(*map(float, choose(*decoded.size)))
    box = choose(*image.size)
    scale = _decode_smaller(image, box, resolution)
    decoded = upright_rgb(image, name, name, "white", tally)
    # The last pixel of a side that the scale does not divide stands for less than a whole one.
    right, bottom = min(box.right * scale, decoded.width), min(box.bottom * scale, decoded.height)
    return decoded, Box(float(box.left * scale), float(box.top * scale), float(right), float(bottom))


def _decode_smaller(image: Image.Image, box: Box, resolution: int) -> float:
    """Has a JPEG decoded at a fraction of its size where the part is much larger than wanted; returns the fraction."""
    wanted, width = MARGIN * resolution, image.width
    size = (max(1, int(width * wanted / box.width)), max(1, int(image.height * wanted / box.height)))
    drafted = image.draft(None, size)
    return 1.0 if drafted is None else drafted[1][2] / width


def _resized(image: Image.Image, box: Box, resolution: int) -> Pixels:
    from PIL import Image

    return np.asarray(image.resize((resolution, resolution), Image.Resampling.BILINEAR, box=box))
