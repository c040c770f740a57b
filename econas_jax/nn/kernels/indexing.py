"""Reading and writing rows of arrays, and of trees of them, at a place that is data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

Arrays = TypeVar("Arrays")


def read(whole: jax.Array | np.ndarray, index: jax.Array | int) -> jax.Array:
    """whole[index], the index being data; to allow for negative ones would take three more equations."""
    return jax.lax.dynamic_index_in_dim(whole, index, keepdims=False, allow_negative_indices=False)


def write(whole: jax.Array, part: jax.Array, index: jax.Array | int) -> jax.Array:
    """whole with whole[index] = part."""
    return write_rows(whole, part[None], index)


@jax.custom_batching.custom_vmap
def write_rows(whole: jax.Array, rows: jax.Array, start: jax.Array | int) -> jax.Array:
    """whole with whole[start], whole[start + 1], ... = rows."""
    return jax.lax.dynamic_update_slice_in_dim(whole, rows, start, 0, allow_negative_indices=False)


@write_rows.def_vmap
def _write_rows_of_lanes(
    lanes: int, batched: Sequence[bool], whole: jax.Array, rows: jax.Array, start: jax.Array
) -> tuple[jax.Array, bool]:
    """At one place for all lanes it stays what it is. JAX would make it a scatter, whose bounds a kernel checks."""
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
    """whole with part added to whole[index], or put there if the sum does not go on.

    Between reading the row and writing it nothing changes the number of axes: past a reshape XLA does not see that both
    are at one place, and copies the row instead of adding to it in place.
    """
    row = jax.lax.dynamic_slice_in_dim(whole, index, 1, allow_negative_indices=False)
    total = jnp.where(goes_on, row, 0.0) + part[None]
    return jax.lax.dynamic_update_slice_in_dim(whole, total, index, 0, allow_negative_indices=False)


def take(tree: Arrays, index: jax.Array | int) -> Arrays:
    """`read` of every leaf."""
    taken: Arrays = jax.tree.map(lambda leaf: read(leaf, index), tree)
    return taken


def put(tree: Arrays, part: Arrays, index: jax.Array | int) -> Arrays:
    """`write` into every leaf."""
    changed: Arrays = jax.tree.map(lambda leaf, new: write(leaf, new, index), tree, part)
    return changed


def take_rows(tree: Arrays, start: jax.Array, count: int) -> Arrays:
    """leaf[start : start + count] of every leaf."""

    def rows_of(leaf: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice_in_dim(leaf, start, count, allow_negative_indices=False)

    taken: Arrays = jax.tree.map(rows_of, tree)
    return taken


def put_rows(tree: Arrays, rows: Arrays, start: jax.Array) -> Arrays:
    """The tree with rows in place of each leaf's that begin at start."""
    changed: Arrays = jax.tree.map(lambda leaf, new: write_rows(leaf, new, start), tree, rows)
    return changed
