"""Gates of candidates: numbers that change no output, but whose gradient says what each candidate's output would."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Gates(NamedTuple):
    """The binary gates of ProxylessNAS (Cai et al., 2019, section 3.2) at all places.

    The gate of the active candidate is 1 and the others are 0, so that the output is the active candidate's whatever
    `values` are. The gradient of the loss L for the gate of candidate k is the sum of dL/dy * o_k: y is the output of
    the place, o_k the candidate's. Weights and inputs get gradients through the active candidate alone.
    """

    values: jax.Array  # float32 [places, candidates]: what the gradient is taken for; 0 will do
    compared: jax.Array | None  # int32 [places]: beside the active one, the candidate that is computed; None: all


def gate(value: jax.Array, output: jax.Array) -> jax.Array:
    """Returns zeros whose gradient for the gate's value is the sum of the output times the zeros' own gradient."""
    return (value - jax.lax.stop_gradient(value)).astype(output.dtype) * jax.lax.stop_gradient(output)


def add_gates(
    active: jax.Array, output: jax.Array, others: list[tuple[jax.Array | int, jax.Array]], row: jax.Array
) -> jax.Array:
    """Returns the active candidate's output, with the gates of it and of others: (number, output) pairs.

    row: the place's gates [candidates].
    """
    total = output + gate(row[active], output)
    for number, other in others:
        # Of a candidate that is the active one, the gate is there already.
        shown = jnp.where(number == active, 0.0, row[number])
        total += gate(shown, other)
    return total
