"""Colour jitter against a plain reference that goes pixel by pixel, in the order drawn."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest

from econas_jax.data.colour_jitter import (
    BRIGHTNESS,
    CONTRAST,
    HUE,
    SATURATION,
    Draw,
    all_at_once,
    colour_jitter,
    draw,
    jittered,
    one_by_one,
)
from econas_jax.data.config import IMAGENET_JITTER, ColourJitter
from econas_jax.errors import InputError

Image = npt.NDArray[np.float64]


def grey(image: Image) -> Image:
    return image @ np.array([0.299, 0.587, 0.114])


def blend(image: Image, other: Image | float, factor: float) -> Image:
    return np.clip(factor * image + (1 - factor) * other, 0, 1)


def turn_hue(image: Image, shift: float) -> Image:
    turned = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[place])
        turned[place] = colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value)
    return turned


def reference(image: Image, order: list[int], factors: list[float], shift: float) -> Image:
    """One image, as torchvision's ColorJitter changes it: one change after the other."""
    for kind in order:
        if kind == BRIGHTNESS:
            image = blend(image, 0.0, factors[BRIGHTNESS])
        elif kind == CONTRAST:
            image = blend(image, float(grey(image).mean()), factors[CONTRAST])
        elif kind == SATURATION:
            image = blend(image, grey(image)[..., None], factors[SATURATION])
        else:
            image = turn_hue(image, shift)
    return image


def random_images(count: int) -> npt.NDArray[np.float32]:
    images = np.random.default_rng(0).random((count, 5, 6, 3), np.float32)
    images[0, 0] = 0.0  # colours without a hue or without saturation
    images[0, 1] = 1.0
    images[1, 0] = [0.5, 0.5, 0.2]
    images[1, 1] = [0.2, 0.5, 0.5]
    return images


@pytest.mark.parametrize("apply", [one_by_one, all_at_once])  # on CPUs, and elsewhere
def test_every_draw_is_applied_as_the_reference_does(apply: Callable[[jax.Array, Draw], jax.Array]) -> None:
    images = random_images(64)
    drawn = draw(jax.random.key(1), 64, IMAGENET_JITTER)
    assert len(np.unique(np.asarray(drawn.order), axis=0)) > 20  # of 24 orders
    result = np.asarray(jax.jit(apply)(jnp.asarray(images), drawn))
    for number in range(64):
        order, factors = np.asarray(drawn.order[number]).tolist(), np.asarray(drawn.factors[number]).tolist()
        expected = reference(images[number].astype(np.float64), order, factors, float(drawn.shift[number]))
        np.testing.assert_allclose(result[number], expected, atol=2e-5)


def test_known_changes() -> None:
    image = jnp.array([[[[1.0, 0.0, 0.0], [0.2, 0.4, 0.6]]]])

    def changed(factors: tuple[float, float, float], shift: float) -> npt.NDArray[np.float32]:
        drawn = Draw(jnp.array([[BRIGHTNESS, CONTRAST, SATURATION, HUE]]), jnp.array([factors]), jnp.array([shift]))
        return np.asarray(jittered(image, drawn))[0, 0]

    np.testing.assert_allclose(changed((1.0, 1.0, 1.0), 0.0), image[0, 0], atol=1e-6)
    np.testing.assert_allclose(changed((0.5, 1.0, 1.0), 0.0), [[0.5, 0, 0], [0.1, 0.2, 0.3]], atol=1e-6)
    np.testing.assert_allclose(changed((1.0, 1.0, 0.0), 0.0)[0], [0.299] * 3, atol=1e-6)  # grey
    np.testing.assert_allclose(changed((1.0, 1.0, 1.0), 1 / 3)[0], [0, 1, 0], atol=1e-5)  # red becomes green
    np.testing.assert_allclose(changed((1.0, 1.0, 1.0), -1 / 3)[0], [0, 0, 1], atol=1e-5)


def test_draws_cover_their_ranges() -> None:
    drawn = draw(jax.random.key(0), 4_000, ColourJitter(brightness=0.4, contrast=1.5, saturation=0.0, hue=0.2))
    factors = np.asarray(drawn.factors)
    assert 0.6 <= factors[:, 0].min() < 0.61 and 1.39 < factors[:, 0].max() <= 1.4
    assert 0.0 <= factors[:, 1].min() < 0.01 and 2.49 < factors[:, 1].max() <= 2.5  # never below 0
    assert (factors[:, 2] == 1).all()
    assert -0.2 <= drawn.shift.min() < -0.199 and 0.199 < drawn.shift.max() <= 0.2
    np.testing.assert_allclose(factors[:, 0].mean(), 1.0, atol=0.02)
    _, counts = np.unique(np.asarray(drawn.order), axis=0, return_counts=True)
    assert len(counts) == 24 and counts.min() > 110  # 167 expected


def test_it_depends_on_the_key_alone_and_stays_within_0_and_1() -> None:
    images = jnp.asarray(random_images(8))
    run = jax.jit(lambda key: colour_jitter(key, images, IMAGENET_JITTER))
    first, again, other = run(jax.random.key(0)), run(jax.random.key(0)), run(jax.random.key(1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert float(first.min()) >= 0 and float(first.max()) <= 1


@pytest.mark.parametrize(("field", "value"), [("brightness", -0.1), ("hue", 0.6), ("contrast", float("nan"))])
def test_strengths_out_of_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{field} = "):
        ColourJitter(**{field: value})
    assert not ColourJitter() and IMAGENET_JITTER
