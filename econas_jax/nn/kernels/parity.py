"""A map split into the four maps of every other row and column, which a convolution of dilation 2 never mixes."""

from __future__ import annotations

import functools

import jax

from econas_jax.nn.kernels.spatial import each_channel
from econas_jax.nn.platform import on_cpu


def split_by_parity(x: jax.Array, size: int) -> jax.Array:
    """Splits [channels, size^2, batch] into [channels, 4, (size / 2)^2, batch], even rows and columns first."""
    channels, half = x.shape[0], size // 2
    pairs = x.reshape(channels, half, 2, half, 2, -1).transpose(0, 2, 4, 1, 3, 5)
    return pairs.reshape(channels, 4, half**2, -1)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def join_parities(maps: jax.Array, size: int) -> jax.Array:
    """Inverts `split_by_parity`."""
    channels, half = maps.shape[0], size // 2
    pairs = maps.reshape(channels, 2, 2, half, half, -1).transpose(0, 3, 1, 4, 2, 5)
    return pairs.reshape(channels, size**2, -1)


def _join_parities_backward(size: int, _: None, gradient: jax.Array) -> tuple[jax.Array]:
    """Splits the gradient, on CPU one channel after another: XLA would merge it with its readers and slow them."""
    if not on_cpu() or size == 2:  # of four positions each is a map of its own: nothing moves
        return (split_by_parity(gradient, size),)
    return (each_channel(lambda channel: split_by_parity(channel[None], size)[0], gradient),)


join_parities.defvjp(lambda maps, size: (join_parities(maps, size), None), _join_parities_backward)
