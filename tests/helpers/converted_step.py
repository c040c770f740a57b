"""A step of a network that was read from PyTorch's weights, in the terms of its state dict."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from network_cases import Tree, quick_jit

from econas_jax.interop import TorchNetwork, to_torch

AUXILIARY_WEIGHT = 0.4


class Step(NamedTuple):
    """What a network gives for a batch whose labels are 0, 1, 2, ..."""

    evaluated: np.ndarray  # logits [batch, classes]
    trained: list[np.ndarray]  # logits, then those of the auxiliary head
    after: dict[str, np.ndarray]  # the loss's gradient and the new running statistics, by PyTorch's names


def converted_step(read: TorchNetwork, images: np.ndarray) -> Step:
    """images: [batch, height, width, 3]; the loss is the cross-entropy and 0.4 times that of the auxiliary head."""
    network, labels = read.description.build(auxiliary=read.auxiliary), np.arange(len(images))

    def loss(parameters: Tree) -> Any:
        variables = {"params": parameters, "batch_stats": read.variables["batch_stats"]}
        returned, updated = network.apply(variables, images, train=True, mutable=["batch_stats"])
        trained = list(returned) if read.auxiliary else [returned]
        losses = [optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean() for logits in trained]
        weights = jnp.array([1.0, AUXILIARY_WEIGHT][: len(losses)])
        return jnp.dot(weights, jnp.stack(losses)), (trained, updated["batch_stats"])

    def run(parameters: Tree) -> Any:
        gradients, (trained, statistics) = jax.grad(loss, has_aux=True)(parameters)
        evaluated = network.apply(read.variables, images, train=False)
        return evaluated, trained, {"params": gradients, "batch_stats": statistics}

    evaluated, trained, after = jax.device_get(quick_jit(run)(read.variables["params"]))
    return Step(evaluated, trained, to_torch(read.description, after))


def gradient_slack(norms: dict[str, float]) -> dict[str, float]:
    """The error of each entry that one ReLU may cause whose input rounds to the other side of zero.

    norms: of the entries of `Step.after`. A thousandth or less of the largest gradient, none for statistics.
    """
    gradients = [norm for name, norm in norms.items() if ".running_" not in name]
    return {name: 0.0 if ".running_" in name else 2e-4 * max(gradients) for name in norms}
