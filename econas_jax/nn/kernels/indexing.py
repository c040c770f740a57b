"""Reading and writing rows of arrays, and of trees of them, at a place that is data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

AnyTree = TypeVar("AnyTree")


def read(whole: jax.Array | np.ndarray, index: jax.Array | int) -> jax.Array:
    """Returns whole[index] for a traced index; allowing negative ones would take three more equations."""
    return jax.lax.dynamic_index_in_dim(whole, index, keepdims=False, allow_negative_indices=False)


def write(whole: jax.Array, part: jax.Array, index: jax.Array | int) -> jax.Array:
    """Returns whole with whole[index] = part."""
    return write_rows(whole, part[None], index)


@jax.custom_batching.custom_vmap
def write_rows(whole: jax.Array, rows: jax.Array, start: jax.Array | int) -> jax.Array:
    """Returns whole with whole[start], whole[start + 1], ... = rows."""
    return jax.lax.dynamic_update_slice_in_dim(whole, rows, start, 0, allow_negative_indices=False)


@write_rows.def_vmap
def _write_rows_of_lanes(
    lanes: int, batched: Sequence[bool], whole: jax.Array, rows: jax.Array, start: jax.Array
) -> tuple[jax.Array, bool]:
    """Writes at one place for all lanes without the scatter that JAX would make, whose bounds a kernel checks."""
    if batched[2]:
        axes = [0 if one else None for one in batched]
        write_each: Any = jax.vmap(write_rows.fun, axes)
        return write_each(whole, rows, start), True
    whole, rows = (
        value if one else jnp.broadcast_to(value, (lanes, *value.shape))
        for one, value in zip(batched, (whole, rows), strict=False)
    )
    return jax.lax.dynamic_update_slice_in_dim(whole, rows, start, 1, allow_negative_indices=False), True


def add(whole: jax.Array, part: jax.Array, index: jax.Array, goes_on: jax.Array | bool = True) -> jax.Array:
    """Returns whole with part added to whole[index], or written there if the sum does not go on.

    Nothing changes the number of axes between reading the row and writing it: through a reshape XLA does not see that
    both are at one place, and copies the row instead of adding to it in place.
    """
    row = jax.lax.dynamic_slice_in_dim(whole, index, 1, allow_negative_indices=False)
    total = jnp.where(goes_on, row, 0.0) + part[None]
    return jax.lax.dynamic_update_slice_in_dim(whole, total, index, 0, allow_negative_indices=False)


def take(tree: AnyTree, index: jax.Array | int) -> AnyTree:
    """Applies `read` to every leaf."""
    taken: AnyTree = jax.tree.map(lambda leaf: read(leaf, index), tree)
    return taken


def put(tree: AnyTree, part: AnyTree, index: jax.Array | int) -> AnyTree:
    """Applies `write` to every leaf."""
    changed: AnyTree = jax.tree.map(lambda leaf, new: write(leaf, new, index), tree, part)
    return changed


def take_rows(tree: AnyTree, start: jax.Array, count: int) -> AnyTree:
    """Returns leaf[start : start + count] of every leaf."""

    def rows_of(leaf: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice_in_dim(leaf, start, count, allow_negative_indices=False)

    taken: AnyTree = jax.tree.map(rows_of, tree)
    return taken


def put_rows(tree: AnyTree, rows: AnyTree, start: jax.Array) -> AnyTree:
    """Applies `write_rows` to every leaf."""
    changed: AnyTree = jax.tree.map(lambda leaf, new: write_rows(leaf, new, start), tree, rows)
    return changed
