"""Which part of an image is taken: known boxes, and the distribution of random ones against a plain reference."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.data.stream.crops import Box, RandomCrop, central_box, random_box


def reference_boxes(width: int, height: int, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Area share and ratio of boxes, drawn all at once and those that do not fit left out."""
    rng = np.random.default_rng(100)
    share = rng.uniform(0.08, 1.0, 4 * count)
    ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3), 4 * count))
    fits = (np.sqrt(share * width * height * ratio) <= width) & (np.sqrt(share * width * height / ratio) <= height)
    return np.stack([share[fits], ratio[fits]], axis=1)[:count]


@pytest.mark.parametrize(("width", "height"), [(500, 375), (375, 500), (600, 600)])
def test_random_boxes_are_distributed_as_torchvisions(width: int, height: int) -> None:
    rng = np.random.default_rng(0)
    boxes = [random_box(width, height, RandomCrop(), rng) for _ in range(6_000)]
    found = np.array([(box.width * box.height / (width * height), box.width / box.height) for box in boxes])
    expected = reference_boxes(width, height, 6_000)
    for quantile in (0.05, 0.25, 0.5, 0.75, 0.95):
        np.testing.assert_allclose(
            np.quantile(found, quantile, axis=0), np.quantile(expected, quantile, axis=0), rtol=0.05
        )
    assert found[:, 0].min() > 0.079 and found[:, 0].max() <= 1.0
    assert found[:, 1].min() > 0.74 and found[:, 1].max() < 1.35
    assert all(0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height for box in boxes)


def test_places_of_random_boxes_are_uniform() -> None:
    rng = np.random.default_rng(0)
    boxes = [random_box(400, 300, RandomCrop(), rng) for _ in range(4_000)]
    places = np.array([(box.left / max(1, 400 - box.width), box.top / max(1, 300 - box.height)) for box in boxes])
    np.testing.assert_allclose(
        np.quantile(places, [0.1, 0.5, 0.9], axis=0), [[0.1] * 2, [0.5] * 2, [0.9] * 2], atol=0.04
    )


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1000, 10, Box(493, 0, 506, 10)),  # 4/3 of the height, in the middle
        (9, 900, Box(0, 444, 9, 456)),  # 3/4: as high as 4/3 of the width
    ],
)
def test_where_no_box_fits_the_largest_central_one_is_taken(width: int, height: int, expected: Box) -> None:
    assert random_box(width, height, RandomCrop(smallest_area=0.9), np.random.default_rng(0)) == expected


def test_central_boxes_are_what_resize_256_and_centre_crop_224_leave() -> None:
    # 500 x 375 becomes 341 x 256 (341.33 cut off); of that 224 pixels are left from (58, 16).
    box = central_box(500, 375, 224, 0.875)
    across, down = 500 / 341, 375 / 256
    np.testing.assert_allclose(box, (58 * across, 16 * down, 282 * across, 240 * down))
    assert central_box(256, 256, 224, 0.875) == (16, 16, 240, 240)
    assert central_box(32, 32, 32, 1.0) == (0, 0, 32, 32)
