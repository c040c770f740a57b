"""Our Adam against torch's rule written out, and against optax's."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax

from econas_jax.training.adam import Adam, adam_memory, adam_step

GRADIENTS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
START = np.array([1.0, -2.0, 0.5], np.float32)


def stepped(adam: Adam) -> np.ndarray:
    params = {"logits": jnp.asarray(START)}
    memory = adam_memory(params)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(memory))  # a state is saved as one vector
    for gradient in GRADIENTS:
        params, memory = adam_step(adam, params, memory, {"logits": jnp.asarray(gradient)})
    return np.asarray(params["logits"])


def test_the_decay_is_added_to_the_gradient_as_torch_does() -> None:
    value, mean, square = START.astype(np.float64), np.zeros(3), np.zeros(3)
    for count, gradient in enumerate(GRADIENTS.astype(np.float64), 1):
        slope = gradient + 1e-3 * value
        mean, square = 0.5 * mean + 0.5 * slope, 0.999 * square + 0.001 * slope**2
        value = value - 3e-4 * (mean / (1 - 0.5**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-8)
    np.testing.assert_allclose(stepped(Adam(3e-4, 0.5, 0.999, 1e-3)), value, rtol=1e-6)


def test_it_is_optax_adam_after_the_added_decay() -> None:
    chain = optax.chain(optax.add_decayed_weights(0.01), optax.adam(0.1, b1=0.0, b2=0.9, eps=1e-3))
    params = jnp.asarray(START)
    state = chain.init(params)
    for gradient in GRADIENTS:
        updates, state = chain.update(jnp.asarray(gradient), state, params)
        params = optax.apply_updates(params, updates)
    np.testing.assert_allclose(stepped(Adam(0.1, 0.0, 0.9, 0.01, 1e-3)), params, rtol=1e-5)
