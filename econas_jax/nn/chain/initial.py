"""Initial values of the convolutions of a chain, as the authors of its space draw them."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.layers.initializers import Initializer
from econas_jax.spaces.chain.blocks import Unit
from econas_jax.spaces.chain.network import Initial


def deviation(unit: Unit, initial: Initial, *, stem: bool = False) -> float:
    """Returns the standard deviation of a kernel's normal initial values.

    ProxylessNAS (`MyNetwork.init_model`, "he_fout"): sqrt(2 / (kernel area * outputs)). SPOS (`_initialize_weights`): 1
    over the inputs of a group, and 0.01 in the stem.
    """
    if initial == "proxyless":
        return (2 / (unit.kernel**2 * unit.outputs)) ** 0.5
    return 0.01 if stem else 1 / (1 if unit.depthwise else unit.inputs)


def classifier_kernel(initial: Initial) -> Initializer:
    """Returns the initializer of the linear layer's kernel [inputs, classes]; its bias begins at 0.

    ProxylessNAS: uniform in +-1/sqrt(inputs); SPOS: normal of deviation 0.01.
    """

    def uniform(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> jax.Array:
        bound = shape[0] ** -0.5
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return uniform if initial == "proxyless" else jax.nn.initializers.normal(0.01)
