"""Random crop, flip, resize, jitter, normalization and cutout of uint8 batches, made to run inside a compiled epoch.

Cropping, flipping and resizing are linear and treat rows and columns apart. So each image's whole transform is one
small matrix for its rows and one for its columns, looked up in constant tables by the offsets drawn: two matrix
products an image, no gather of pixels, and the same cost whatever is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from econas_jax.data.colour_jitter import colour_jitter
from econas_jax.data.config import Augmentation
from econas_jax.data.cutout import cutout
from econas_jax.errors import require_integer

Matrices = npt.NDArray[np.float32]


def augment(
    key: jax.Array,
    images: jax.Array,
    resolution: int,
    mean: Sequence[float],
    std: Sequence[float],
    augmentation: Augmentation,
) -> jax.Array:
    """Random crop, random flip, resize, colour jitter, normalize, cutout.

    They are torchvision's RandomCrop(h, padding), RandomHorizontalFlip, Resize, ColorJitter and Normalize, and DARTS's
    Cutout. Images to be neither cropped nor flipped that have the size wanted, as streamed ones, stay as they are.
    Offsets are uniform over 0 .. 2 * crop_padding, independent for rows and columns and for each image. Padding is zero
    before normalization (black). Resizing is bilinear with antialiasing, without Pillow's rounding to whole values.

    Args:
        key: a jax key; the same key and shapes give the same images.
        images: uint8[B, h, w, 3].
        resolution: r, in pixels; static under jit, like `augmentation`.
        mean: of each channel of images scaled to [0, 1].
        std: likewise.
        augmentation: what may be done.

    Returns:
        float32[B, r, r, 3].

    Raises:
        InputError: the resolution is not a positive whole number.
    """
    pixels = _placed(key, images, resolution, augmentation)
    if augmentation.jitter:
        pixels = 255.0 * colour_jitter(jax.random.fold_in(key, 4), pixels / 255.0, augmentation.jitter)
    normalized = _normalized(pixels, mean, std)
    if augmentation.cutout == 0:
        return normalized
    return cutout(jax.random.fold_in(key, 3), normalized, augmentation.cutout)  # the number after those of the split


def _placed(key: jax.Array, images: jax.Array, resolution: int, augmentation: Augmentation) -> jax.Array:
    """Crops, flips and resizes uint8[B, h, w, 3] to float32[B, r, r, 3]; the values stay 0 to 255."""
    batch, height, width, _ = images.shape
    padding = augmentation.crop_padding
    if _fits(images, resolution) and not padding and not augmentation.flip:
        return images.astype(jnp.float32)
    row_key, column_key, flip_key = jax.random.split(key, 3)
    row_offsets = jax.random.randint(row_key, (batch,), 0, 2 * padding + 1)
    column_offsets = jax.random.randint(column_key, (batch,), 0, 2 * padding + 1)
    flips = jax.random.bernoulli(flip_key, 0.5, (batch,)) & augmentation.flip
    plain = resize_matrix(width, resolution)
    columns = np.stack([crop_table(plain, padding), crop_table(plain[:, ::-1], padding)])
    return _resampled(
        images,
        jnp.asarray(crop_table(resize_matrix(height, resolution), padding))[row_offsets],
        jnp.asarray(columns)[flips.astype(jnp.int32), column_offsets],
    )


def prepare(images: jax.Array, resolution: int, mean: Sequence[float], std: Sequence[float]) -> jax.Array:
    """Images uint8[B, h, w, 3] as an evaluation sees them, resized and normalized as in `augment`: float32[B, r, r, 3].

    Raises:
        InputError: the resolution is not a positive whole number.
    """
    batch, height, width, _ = images.shape
    if _fits(images, resolution):
        return _normalized(images.astype(jnp.float32), mean, std)
    rows = jnp.asarray(resize_matrix(height, resolution))
    columns = jnp.asarray(resize_matrix(width, resolution))
    pixels = _resampled(
        images,
        jnp.broadcast_to(rows, (batch, *rows.shape)),
        jnp.broadcast_to(columns, (batch, *columns.shape)),
    )
    return _normalized(pixels, mean, std)


def _fits(images: jax.Array, resolution: int) -> bool:
    require_integer("resolution", resolution, 1)
    return images.shape[1:3] == (resolution, resolution)


def resize_matrix(size: int, resolution: int) -> Matrices:
    """[resolution, size]: bilinear interpolation of `size` pixels, a triangle as wide as the step when it shrinks.

    The rule of Pillow, torchvision (antialias=True) and jax.image.resize: pixel centres at halves, weights outside the
    image left out and the rest scaled to sum to one. The identity matrix if the sizes are equal.
    """
    require_integer("resolution", resolution, 1)
    step = size / resolution
    centres = (np.arange(resolution) + 0.5) * step - 0.5
    distances = np.abs(np.arange(size) - centres[:, np.newaxis]) / max(step, 1.0)
    weights = np.maximum(1.0 - distances, 0.0)
    matrix: Matrices = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def crop_table(matrix: Matrices, padding: int) -> Matrices:
    """[2 * padding + 1, r, size]: for each offset, `matrix` [r, size] applied to a crop of the zero-padded pixels.

    Pixel i of the crop at offset d is pixel i + d - padding of the image, so the matrix moves d - padding to the right
    and what leaves it met zeros.
    """
    size = matrix.shape[1]
    wide = np.pad(matrix, ((0, 0), (padding, padding)))
    starts = range(2 * padding, -1, -1)
    return np.stack([wide[:, start : start + size] for start in starts])


def _resampled(images: jax.Array, rows: jax.Array, columns: jax.Array) -> jax.Array:
    """Applies rows [B, r, h] and columns [B, r, w] to uint8[B, h, w, 3]; the values stay 0 to 255."""
    batch, height, width, channels = images.shape
    # Rows first, over columns and channels at once: the long products are then contiguous (measured the fastest order).
    # The highest precision, since an accelerator's default would round the weights to about 3 digits.
    precision = jax.lax.Precision.HIGHEST
    lines = images.astype(jnp.float32).reshape(batch, height, width * channels)
    lines = jnp.einsum("bih,bhk->bik", rows, lines, precision=precision)
    lines = lines.reshape(batch, rows.shape[1], width, channels)
    return jnp.einsum("bjw,biwc->bijc", columns, lines, precision=precision)


def _normalized(pixels: jax.Array, mean: Sequence[float], std: Sequence[float]) -> jax.Array:
    shape = (1, 1, 1, pixels.shape[-1])
    channel_mean = jnp.asarray(mean, jnp.float32).reshape(shape)
    channel_std = jnp.asarray(std, jnp.float32).reshape(shape)
    return (pixels / 255.0 - channel_mean) / channel_std
