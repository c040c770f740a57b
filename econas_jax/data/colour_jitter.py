"""Random brightness, contrast, saturation and hue of a batch, on the device: torchvision's `ColorJitter`.

torchvision applies the four in a random order to each image. Three of them blend the image with something grey, so that
one formula serves all, with 1 for a factor that leaves the image as it is. Hue, the costly one, comes once for every
image: what is drawn before it is blended before it, and the rest after it.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from econas_jax.data.config import ColourJitter

GREY = (0.299, 0.587, 0.114)  # the weights of ITU-R 601, as Pillow and torchvision have them
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


@dataclasses.dataclass(frozen=True)
class Draw:
    """What is drawn for each of B images."""

    order: jax.Array  # int32[B, 4]: BRIGHTNESS, CONTRAST, SATURATION and HUE as they follow each other
    factors: jax.Array  # float32[B, 3], of the first three
    shift: jax.Array  # float32[B], of the hue, in turns of the circle


def colour_jitter(key: jax.Array, images: jax.Array, jitter: ColourJitter) -> jax.Array:
    """Changes the colours of each image at random.

    Args:
        key: a jax key; the same key and shapes give the same images.
        images: float32[B, h, w, 3], of 0 to 1.
        jitter: how much may be changed; static under jit.

    Returns:
        float32[B, h, w, 3], of 0 to 1. Values are not rounded to 256 levels between the changes, as torchvision's are
        where it works on Pillow's images.
    """
    return jittered(images, draw(key, len(images), jitter))


def draw(key: jax.Array, count: int, jitter: ColourJitter) -> Draw:
    """Draws for `count` images: factors uniform from max(0, 1 - strength) to 1 + strength, shifts from -hue to hue."""
    order_key, factor_key, shift_key = jax.random.split(key, 3)
    orders = jax.random.permutation(order_key, jnp.tile(jnp.arange(4), (count, 1)), axis=1, independent=True)
    strengths = jnp.array([jitter.brightness, jitter.contrast, jitter.saturation])
    lowest, highest = jnp.maximum(0.0, 1.0 - strengths)[None], (1.0 + strengths)[None]
    factors = lowest + (highest - lowest) * jax.random.uniform(factor_key, (count, 3))
    shift = jax.random.uniform(shift_key, (count,), minval=-jitter.hue, maxval=jitter.hue)
    return Draw(orders, factors, shift)


def jittered(images: jax.Array, drawn: Draw) -> jax.Array:
    """Applies what was drawn to images float32[B, h, w, 3] of 0 to 1."""
    place_of_hue = jnp.argmax(drawn.order == HUE, axis=1)
    for place in range(3):  # before the hue there are three others at most
        images = _blended(images, drawn, place, place < place_of_hue)
    images = _with_hue_shifted(images, drawn.shift[:, None, None])
    for place in range(1, 4):
        images = _blended(images, drawn, place, place > place_of_hue)
    return images


def _blended(images: jax.Array, drawn: Draw, place: int, active: jax.Array) -> jax.Array:
    """Applies the change in a place of each image's order where that is active, bool[B]."""
    kind = drawn.order[:, place]
    chosen = jnp.take_along_axis(drawn.factors, jnp.minimum(kind, SATURATION)[:, None], axis=1)[:, 0]
    factor = jnp.where(active, chosen, 1.0)[:, None, None, None]
    red, green, blue = (weight * images[..., channel] for channel, weight in enumerate(GREY))
    grey = (red + green + blue)[..., None]
    mean = jnp.mean(grey, axis=(1, 2, 3), keepdims=True)
    kind = kind[:, None, None, None]
    other = jnp.where(kind == BRIGHTNESS, 0.0, jnp.where(kind == CONTRAST, mean, grey))
    return jnp.clip(factor * images + (1.0 - factor) * other, 0.0, 1.0)


def _with_hue_shifted(images: jax.Array, shift: jax.Array) -> jax.Array:
    """Turns the hue; shift: float32[B, 1, 1], in turns of the circle."""
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    value, smallest = jnp.max(images, axis=-1), jnp.min(images, axis=-1)
    chroma = value - smallest
    divisor = jnp.where(chroma > 0, chroma, 1.0)
    hue = jnp.where(  # in sixths of the circle
        value == red,
        (green - blue) / divisor,
        jnp.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )
    hue = hue + 6.0 * shift
    channels = []
    for offset in (5.0, 3.0, 1.0):  # the usual formula of HSV to red, green and blue
        distance = jnp.mod(offset + hue, 6.0)
        channels.append(value - chroma * jnp.clip(jnp.minimum(distance, 4.0 - distance), 0.0, 1.0))
    return jnp.stack(channels, axis=-1)
