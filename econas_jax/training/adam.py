"""Adam as torch has it, its weight decay added to the gradient; a step count in float32, so that it can be saved."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Tree = Any


class Adam(NamedTuple):
    """The optimiser's numbers (Kingma & Ba, 2015)."""

    learning_rate: float | jax.Array
    beta1: float
    beta2: float
    weight_decay: float = 0.0
    epsilon: float = 1e-8


class AdamMemory(NamedTuple):
    """What Adam remembers: the steps taken, and decaying means of the gradient and of its square."""

    steps: jax.Array  # float32; exact to 16 million steps
    mean: Tree
    square: Tree


def adam_memory(params: Tree) -> AdamMemory:
    """Returns the memory before the first step."""
    zeros = jax.tree.map(jnp.zeros_like, params)
    return AdamMemory(jnp.zeros(()), zeros, zeros)


def adam_step(adam: Adam, params: Tree, memory: AdamMemory, gradient: Tree) -> tuple[Tree, AdamMemory]:
    """Takes one step down the gradient."""
    gradient = jax.tree.map(lambda slope, value: slope + adam.weight_decay * value, gradient, params)
    count = memory.steps + 1
    mean = jax.tree.map(lambda old, new: adam.beta1 * old + (1 - adam.beta1) * new, memory.mean, gradient)
    square = jax.tree.map(lambda old, new: adam.beta2 * old + (1 - adam.beta2) * new**2, memory.square, gradient)
    scale, height = 1 - adam.beta1**count, jnp.sqrt(1 - adam.beta2**count)

    def stepped(value: jax.Array, first: jax.Array, second: jax.Array) -> jax.Array:
        return value - adam.learning_rate / scale * first / (jnp.sqrt(second) / height + adam.epsilon)

    return jax.tree.map(stepped, params, mean, square), AdamMemory(count, mean, square)
