"""Which part of an image a network sees: random in training, the centre in an evaluation. Pure geometry.

Both follow torchvision's transforms: `RandomResizedCrop`, and `Resize` with `CenterCrop`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Box(NamedTuple):
    """A part of an image, in pixels from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height in pixels."""
        return self.bottom - self.top


class RandomCrop(NamedTuple):
    """What is drawn for a training image (defaults: torchvision's, which DARTS and P-DARTS use)."""

    smallest_area: float = 0.08  # of the image's; the area is uniform from this to 1
    narrowest: float = 3 / 4  # width by height; the logarithm of the ratio is uniform from this to `widest`
    widest: float = 4 / 3


ATTEMPTS = 10  # boxes drawn before the fallback is taken


def random_box(width: int, height: int, crop: RandomCrop, rng: np.random.Generator) -> Box:
    """Draws a box inside an image, as `torchvision.transforms.RandomResizedCrop.get_params` does.

    A box that does not fit is drawn again, ten times in all; then it is the largest central one whose ratio is allowed.
    """
    for _ in range(ATTEMPTS):
        area = width * height * rng.uniform(crop.smallest_area, 1.0)
        ratio = math.exp(rng.uniform(math.log(crop.narrowest), math.log(crop.widest)))
        box_width, box_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < box_width <= width and 0 < box_height <= height:
            top = int(rng.integers(0, height - box_height + 1))
            left = int(rng.integers(0, width - box_width + 1))
            return Box(left, top, left + box_width, top + box_height)
    return _largest_box(width, height, crop)


def central_box(width: int, height: int, resolution: int, share: float) -> Box:
    """Returns the central square that an evaluation resizes to the resolution.

    The image's shorter side would be resized to resolution / share, and the centre cut out; this is the same square in
    the image's own pixels, so that nothing outside it is resized.
    """
    shorter = round(resolution / share)
    # torchvision cuts fractions of the longer side off, and rounds the corner.
    new_width = shorter if width <= height else int(shorter * width / height)
    new_height = shorter if height <= width else int(shorter * height / width)
    left, top = round((new_width - resolution) / 2), round((new_height - resolution) / 2)
    across, down = width / new_width, height / new_height
    return Box(left * across, top * down, (left + resolution) * across, (top + resolution) * down)


def _largest_box(width: int, height: int, crop: RandomCrop) -> Box:
    box_width, box_height = width, height
    if width / height < crop.narrowest:
        box_height = round(width / crop.narrowest)
    elif width / height > crop.widest:
        box_width = round(height * crop.widest)
    left, top = (width - box_width) // 2, (height - box_height) // 2
    return Box(left, top, left + box_width, top + box_height)
