"""What is traced for a GPU computes what is traced for a CPU: both run here, on a CPU, and agree up to rounding."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from network_cases import assert_close, quick_jit, random_genotype, random_images, random_variables, shapes_of

from econas_jax.nn import SearchNetwork
from econas_jax.nn.platform import on_cpu, tracing_for

SIZE, LANES = 8, 2


def test_the_platform_is_that_of_the_context_and_of_the_backend_outside() -> None:
    assert on_cpu()
    with tracing_for("gpu"):
        assert not on_cpu()
        with tracing_for("cpu"):
            assert on_cpu()
    assert on_cpu()


@pytest.mark.slow
@pytest.mark.parametrize("branch_free", [False, True])
def test_gradients_traced_for_a_gpu_are_those_traced_for_a_cpu(branch_free: bool) -> None:
    network = SearchNetwork(2, 1, num_classes=3, branch_free=branch_free)
    genotypes = [random_genotype(seed, concats=(3, 2)) for seed in range(LANES)]
    states = [random_variables(shapes_of(network, SIZE, genotype), seed=1) for genotype in genotypes]
    images = jnp.asarray(random_images(6, SIZE, seed=0), jnp.float32)

    def value(parameters: Any, statistics: Any, genotype: Any) -> Any:
        variables = {"params": parameters, "batch_stats": statistics}
        logits, new = network.apply(variables, images, genotype, train=True, mutable=["batch_stats"])
        return jnp.sum(jnp.sin(logits)), new

    def compiled_for(platform: str) -> Any:
        gradient = jax.grad(lambda *given: value(*given), has_aux=True)  # a new function: jax caches traces
        with tracing_for(platform):
            return quick_jit(jax.vmap(gradient) if branch_free else gradient).lower(*given).compile()

    arguments = [
        (state["params"], state["batch_stats"], genotype.encode())
        for state, genotype in zip(states, genotypes, strict=True)
    ]
    given = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arguments) if branch_free else arguments[0]
    gpu, cpu = compiled_for("gpu"), compiled_for("cpu")
    assert gpu.as_text() != cpu.as_text()
    assert_close(gpu(*given), cpu(*given), 1e-4)
