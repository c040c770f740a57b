"""Prepares one image of any size for a network, as an evaluation prepares its batches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from econas_jax.data.augmentation import resize_matrix
from econas_jax.data.image_file import read_square
from econas_jax.data.origin import Tally
from econas_jax.data.stream.decoding import evaluation_pixels
from econas_jax.data.stream.records import Record
from econas_jax.models.model_card import ModelCard


def prepared_image(file: str, card: ModelCard, tally: Tally) -> npt.NDArray[np.float32]:
    """Reads an image file as float32[resolution, resolution, 3], 0 to 255; counts in `tally` what is worth telling.

    A network that is shown the centre alone was trained on streamed images: it gets the pixels that a stream makes.

    Raises InputError for a file that is no image, or one of more than 8 bits a channel.
    """
    if card.crop < 1:
        return evaluation_pixels(Record(file, file, 0), card.resolution, card.crop, tally).astype(np.float32)
    return resized(read_square(file, file, "white", tally), card.resolution)


def resized(image: npt.NDArray[np.uint8], resolution: int) -> npt.NDArray[np.float32]:
    """Resizes uint8[h, w, 3] by the rule of `data.prepare`, without compiling a program for each size."""
    height, width, channels = image.shape
    rows, columns = resize_matrix(height, resolution), resize_matrix(width, resolution)
    lines = rows @ image.reshape(height, width * channels).astype(np.float32)
    pixels: npt.NDArray[np.float32] = columns @ lines.reshape(resolution, width, channels)
    return pixels
