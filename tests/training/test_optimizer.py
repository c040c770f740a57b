"""The optimizer against torch's SGD, written out in NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.training.optimizer import apply_gradient, torch_sgd
from econas_jax.training.state import TrainState

RATE, DECAY, MOMENTUM = 0.1, 0.02, 0.8


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("clip", [None, 0.5])
def test_steps_are_those_of_torch(nesterov: bool, clip: float | None) -> None:
    rng = np.random.default_rng(0)
    values, buffer = rng.standard_normal(5), np.zeros(5)
    optimizer = torch_sgd(clip, DECAY, MOMENTUM, nesterov)
    params = {"kernel": jnp.asarray(values, jnp.float32)}
    state = TrainState(params, {}, optimizer.init(params))
    for step in range(4):
        gradient = rng.standard_normal(5)
        shrunk = gradient if clip is None else gradient * min(1.0, clip / float(np.linalg.norm(gradient)))
        decayed = shrunk + DECAY * values
        buffer = decayed if step == 0 else MOMENTUM * buffer + decayed
        values = values - RATE * (decayed + MOMENTUM * buffer if nesterov else buffer)
        given: dict[str, jax.Array] = {"kernel": jnp.asarray(gradient, jnp.float32)}
        state = apply_gradient(optimizer, jnp.float32(RATE), state, given, {})
        np.testing.assert_allclose(state.params["kernel"], values, rtol=1e-5, atol=1e-7)
