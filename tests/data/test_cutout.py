"""Cutout: a square of the mean colour, cut off at the image's borders, in every place with the same probability."""

from __future__ import annotations

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.data import augment
from econas_jax.data.config import Augmentation
from econas_jax.data.cutout import cutout
from econas_jax.errors import InputError

SIZE = 9


def squares(count: int, size: int) -> np.ndarray:
    """Of each image whether a pixel is covered, bool [count, SIZE, SIZE]."""
    ones = jnp.ones((count, SIZE, SIZE, 3), jnp.float32)
    images = np.asarray(cutout(jax.random.key(0), ones, size))
    covered = images == 0
    assert np.array_equal(covered.all(axis=3), covered.any(axis=3))  # all channels alike
    assert set(np.unique(images)) <= {0.0, 1.0}
    return covered[..., 0]


def sides(covered: np.ndarray) -> tuple[int, int, int, int]:
    """First row and rows, first column and columns of a covered rectangle."""
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    assert covered[np.ix_(rows, columns)].all() and covered.sum() == len(rows) * len(columns)
    return int(rows[0]), len(rows), int(columns[0]), len(columns)


def test_a_square_is_cut_off_at_the_borders_as_in_darts() -> None:
    """`cnn/utils.py`: rows clip(y - length // 2) to clip(y + length // 2) of a centre that is any pixel."""
    expected = {(max(0, y - 2), min(SIZE, y + 2) - max(0, y - 2)) for y in range(SIZE)}
    found = [sides(covered) for covered in squares(2000, 4)]
    assert {(first, length) for first, length, _, _ in found} == expected
    assert {(first, length) for _, _, first, length in found} == expected
    areas = Counter(rows * columns for _, rows, _, columns in found)
    assert min(areas) == 4 and max(areas) == 16
    # 6 of 9 centres leave a side whole (2 .. 7), so 4/9 of the squares are whole.
    assert areas[16] / 2000 == pytest.approx((6 / 9) ** 2, abs=0.04)


def test_rows_and_columns_are_drawn_apart() -> None:
    found = {(rows[0], rows[2]) for rows in map(sides, squares(2000, 4))}
    assert len(found) == 7 * 7  # first rows 0 to 6, and so the first columns; 0 for centres 0, 1 and 2


def test_the_largest_square_hides_everything_in_some_images() -> None:
    covered = squares(500, 2 * SIZE)
    assert covered.all(axis=(1, 2)).any() and covered.any(axis=(1, 2)).all()


def test_an_augmentation_fills_the_mean_colour_after_the_normalization() -> None:
    """A black image is far from the mean; where it is cut out it is the mean, which is 0 after normalising."""
    images = jnp.zeros((16, SIZE, SIZE, 3), jnp.uint8)
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)
    key = jax.random.key(3)
    plain = np.asarray(augment(key, images, SIZE, mean, std, Augmentation(0, False)))
    cut = np.asarray(augment(key, images, SIZE, mean, std, Augmentation(0, False, cutout=4)))
    np.testing.assert_allclose(plain, np.broadcast_to([-2.5, -2.0, -1.5], plain.shape), rtol=1e-6)
    covered = (cut == 0).all(axis=3)
    assert set(covered.sum(axis=(1, 2))) <= {4, 6, 8, 9, 12, 16}
    np.testing.assert_array_equal(cut[~covered], plain[~covered])


def test_cutout_changes_nothing_else_of_an_augmentation() -> None:
    random = np.random.default_rng(0).integers(1, 255, (8, SIZE, SIZE, 3))
    arguments = (jax.random.key(1), jnp.asarray(random, jnp.uint8), SIZE, (0.9, 0.9, 0.9), (0.2, 0.2, 0.2))
    plain = np.asarray(augment(*arguments, Augmentation(2, True)))
    cut = np.asarray(augment(*arguments, Augmentation(2, True, cutout=2)))
    changed = (plain != cut).any(axis=3)
    assert (changed.sum(axis=(1, 2)) <= 4).all() and changed.any()


@pytest.mark.parametrize("value", [-1, 1.5, True, None])
def test_a_size_that_is_none(value: object) -> None:
    with pytest.raises(InputError, match="cutout"):
        Augmentation(cutout=value)  # type: ignore[arg-type]
