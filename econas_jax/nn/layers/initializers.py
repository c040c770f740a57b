"""Initial values of torch's convolutions and linear layers: uniform in +-1/sqrt(fan_in)."""

from __future__ import annotations

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

Initializer = Callable[..., jax.Array]

# Flax's fan_in of a kernel [height, width, inputs a group, outputs] is inputs a group * kernel area, as torch's.
torch_kernel: Initializer = nn.initializers.variance_scaling(1.0 / 3.0, "fan_in", "uniform")


def torch_bias(fan_in: int) -> Initializer:
    """Returns the initializer of the bias of a torch.nn.Linear with `fan_in` inputs."""

    def init(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> jax.Array:
        bound = fan_in**-0.5
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return init
