"""A folder of JPEGs of ImageNet's sizes, made from CIFAR-10's images, for scripts that time a pipeline.

Each is a small image enlarged to about 500x375 pixels (the most frequent size of ImageNet's) or 375x500, with noise of
several scales added so that decoding has as much to do as with a photograph: 100 to 130 kB at quality 90, ImageNet's
mean being 110 kB.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from econas_jax.data import Split

SIZES = ((500, 375), (500, 333), (375, 500), (480, 360), (500, 400))
NOISE = ((1, 14.0), (2, 12.0), (4, 10.0), (16, 10.0))  # scale in pixels, standard deviation


def write_photographs(folder: Path, source: Split) -> None:
    """Writes train/<class>/<number>.jpg of every image of the source."""
    rng = np.random.default_rng(0)
    for number, (image, label) in enumerate(zip(source.images, source.labels, strict=True)):
        target = folder / "train" / f"class{label}" / f"{number:05}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        photograph(image, SIZES[number % len(SIZES)], rng).save(target, quality=90)


def photograph(image: npt.NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Enlarges an image to (width, height) and adds detail."""
    large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC), np.float32)
    width, height = size
    for scale, deviation in NOISE:
        grain = rng.normal(0.0, deviation, (-(-height // scale), -(-width // scale), 1)).astype(np.float32)
        large = large + np.repeat(np.repeat(grain, scale, axis=0), scale, axis=1)[:height, :width]
    return Image.fromarray(np.clip(large, 0, 255).astype(np.uint8))
