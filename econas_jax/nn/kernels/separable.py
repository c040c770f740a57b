"""ReLU and a depthwise convolution: what the 1x1 convolution of a separable or dilated operation reads."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.kernels.depthwise import depthwise
from econas_jax.nn.kernels.parity import join_parities, split_by_parity


def filtered(x: jax.Array, taps: jax.Array, kernel: int, dilation: int, size: int, stride: int) -> jax.Array:
    """Maps x [channels, size^2, batch] to [channels, out^2, batch], whose positions `in_order` brings into order.

    taps: as `depthwise` takes them. A dilated convolution is an undilated one of four maps of half the size: dilation 2
    joins positions of one parity alone. At stride 2 all outputs read one of the four.
    """
    x = jax.nn.relu(x)
    if not _by_parity(dilation, size):
        return depthwise(x, taps, kernel, dilation, size, stride)
    maps = split_by_parity(x, size)
    if stride == 2:
        maps = maps[:, :1]
    channels, number, positions, batch = maps.shape
    each = jnp.repeat(taps, number, axis=1)
    y = depthwise(maps.reshape(channels * number, positions, batch), each, kernel, 1, size // 2, 1)
    return y.reshape(channels, number * positions, batch)


def in_order(y: jax.Array, dilation: int, size: int, stride: int) -> jax.Array:
    """Puts the positions of `filtered`, or of what was computed from it position by position, into the map's order."""
    if not _by_parity(dilation, size) or stride == 2:
        return y
    return join_parities(y.reshape(y.shape[0], 4, -1, y.shape[2]), size)


def _by_parity(dilation: int, size: int) -> bool:
    return dilation == 2 and size % 2 == 0
