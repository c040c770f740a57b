"""Writing rows for one candidate and for several under vmap, at one place for all and at a place for each."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.nn.kernels.indexing import put, put_rows, take_rows, write

LANES, ROWS = 3, 5
WHOLE: Any = np.arange(LANES * ROWS * 2.0).reshape(LANES, ROWS, 2)
PART: Any = -1.0 - np.arange(LANES * 2.0).reshape(LANES, 2)


def expected(places: list[int]) -> np.ndarray:
    after = WHOLE.copy()
    for lane, place in enumerate(places):
        after[lane, place] = PART[lane]
    return after


def test_each_lane_at_its_place() -> None:
    places = [4, 0, 2]
    np.testing.assert_array_equal(jax.vmap(write)(WHOLE, PART, jnp.array(places)), expected(places))


def test_all_lanes_at_one_place() -> None:
    np.testing.assert_array_equal(jax.vmap(write, (0, 0, None))(WHOLE, PART, 3), expected([3] * LANES))


@pytest.mark.parametrize("axes", [(None, 0, None), (0, None, None)], ids=["one whole", "one part"])
def test_what_lanes_share(axes: tuple[int | None, ...]) -> None:
    whole, part = (value[0] if axis is None else value for value, axis in zip((WHOLE, PART), axes, strict=False))
    found = jax.vmap(write, axes)(whole, part, jnp.int32(1))
    for lane in range(LANES):
        mine = [value if axis is None else value[lane] for value, axis in zip((whole, part), axes, strict=False)]
        np.testing.assert_array_equal(found[lane], write(mine[0], mine[1], 1))


def test_one_place_for_all_is_no_scatter() -> None:
    """A scatter would be a kernel more on a GPU."""

    def program(*axes: int | None) -> str:
        return str(jax.make_jaxpr(jax.vmap(write, axes))(WHOLE, PART, jnp.zeros(LANES, int) if axes[2] == 0 else 0))

    assert "scatter" in program(0, 0, 0) and "scatter" not in program(0, 0, None)


def test_rows_of_trees() -> None:
    tree = {"one": jnp.asarray(WHOLE[0]), "other": jnp.arange(ROWS)}
    rows = take_rows(tree, jnp.int32(2), 2)
    np.testing.assert_array_equal(rows["one"], WHOLE[0, 2:4])
    np.testing.assert_array_equal(rows["other"], [2, 3])
    moved = put_rows(tree, rows, jnp.int32(0))
    np.testing.assert_array_equal(moved["other"], [2, 3, 2, 3, 4])
    np.testing.assert_array_equal(put(tree, {"one": jnp.zeros(2), "other": jnp.int32(9)}, 4)["other"], [0, 1, 2, 3, 9])
