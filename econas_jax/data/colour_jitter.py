"""Random brightness, contrast, saturation and hue of a batch, on the device: torchvision's `ColorJitter`.

torchvision applies the four in a random order to each image. Three of them blend the image with something grey, so that
one formula serves all, with 1 for a factor that leaves the image as it is. Hue, the costly one, comes once for every
image: where all images are changed at once, what is drawn before it is blended before it, and the rest after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.data.config import ColourJitter

GREY = (0.299, 0.587, 0.114)  # the weights of ITU-R 601, as Pillow and torchvision have them
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


Planes = tuple[jax.Array, jax.Array, jax.Array]  # red, green and blue, [h, w] or [B, h, w]


class Draw(NamedTuple):
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
    """Applies what was drawn to images float32[B, h, w, 3] of 0 to 1.

    A CPU takes one image after another, each of which stays in its cache and has no change but its own: a tenth of the
    time. Other devices take all at once.
    """
    return jax.lax.platform_dependent(images, drawn, cpu=one_by_one, default=all_at_once)


def one_by_one(images: jax.Array, drawn: Draw) -> jax.Array:
    """Applies to each image its four changes in their order."""

    def changed(given: tuple[jax.Array, Draw]) -> jax.Array:
        image, own = given

        def blend(kind: int) -> Callable[[Planes], Planes]:
            return lambda planes: _blended(planes, own.factors[kind], _other(planes, kind))

        changes = [*map(blend, (BRIGHTNESS, CONTRAST, SATURATION)), lambda planes: _with_hue_shifted(planes, own.shift)]
        planes = _planes(image)
        for place in range(4):
            planes = jax.lax.switch(own.order[place], changes, planes)
        return jnp.stack(planes, axis=-1)

    return jax.lax.map(changed, (images, drawn))


def all_at_once(images: jax.Array, drawn: Draw) -> jax.Array:
    """Applies the three blends before the hue and after it to all images, where they have none with a factor of 1."""
    place_of_hue, planes = jnp.argmax(drawn.order == HUE, axis=1), _planes(images)
    for place in range(3):  # before the hue there are three others at most
        planes = _blended_in_place(planes, drawn, place, place < place_of_hue)
    planes = _with_hue_shifted(planes, drawn.shift[:, None, None])
    for place in range(1, 4):
        planes = _blended_in_place(planes, drawn, place, place > place_of_hue)
    return jnp.stack(planes, axis=-1)


def _planes(images: jax.Array) -> Planes:
    red, green, blue = (images[..., channel] for channel in range(3))
    return red, green, blue


def _blended_in_place(planes: Planes, drawn: Draw, place: int, active: jax.Array) -> Planes:
    """Applies the change in a place of each image's order where that is active, bool[B]; planes: [B, h, w]."""
    kind = drawn.order[:, place]
    chosen = jnp.take_along_axis(drawn.factors, jnp.minimum(kind, SATURATION)[:, None], axis=1)[:, 0]
    factor, kind = jnp.where(active, chosen, 1.0)[:, None, None], kind[:, None, None]
    brightness, contrast, saturation = (_other(planes, each) for each in (BRIGHTNESS, CONTRAST, SATURATION))
    other = jnp.where(kind == BRIGHTNESS, brightness, jnp.where(kind == CONTRAST, contrast, saturation))
    return _blended(planes, factor, other)


def _other(planes: Planes, kind: int) -> jax.Array:
    """Returns what a change blends an image with: black, its mean grey, or its grey."""
    red, green, blue = (weight * plane for weight, plane in zip(GREY, planes, strict=True))
    grey = red + green + blue
    if kind == CONTRAST:
        return jnp.mean(grey, axis=(-2, -1), keepdims=True)
    return grey if kind == SATURATION else jnp.zeros((1,) * grey.ndim)


def _blended(planes: Planes, factor: jax.Array, other: jax.Array) -> Planes:
    rest = (1.0 - factor) * other
    red, green, blue = (jnp.clip(factor * plane + rest, 0.0, 1.0) for plane in planes)
    return red, green, blue


def _with_hue_shifted(planes: Planes, shift: jax.Array) -> Planes:
    """Turns the hue; shift: in turns of the circle."""
    red, green, blue = planes
    value = jnp.maximum(jnp.maximum(red, green), blue)
    chroma = value - jnp.minimum(jnp.minimum(red, green), blue)
    divisor = jnp.where(chroma > 0, chroma, 1.0)
    hue = jnp.where(  # in sixths of the circle
        value == red,
        (green - blue) / divisor,
        jnp.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )
    turns = hue / 6.0 + shift

    def channel(offset: float) -> jax.Array:
        """The usual formula of HSV to red, green and blue."""
        place = turns + offset / 6.0
        distance = 6.0 * (place - jnp.floor(place))
        return value - chroma * jnp.clip(jnp.minimum(distance, 4.0 - distance), 0.0, 1.0)

    return channel(5.0), channel(3.0), channel(1.0)
