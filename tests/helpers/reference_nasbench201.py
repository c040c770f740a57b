"""The NAS-Bench-201 network in NumPy, written out node by node; variables are named as in `PlainNetwork`."""

from __future__ import annotations

import numpy as np
from reference_network import Array, Scope, average_pool, batch_norm, convolution, relu, windows

from econas_jax.spaces.nasbench201 import Genotype


def relu_conv_norm(scope: Scope, x: Array, stride: int = 1) -> Array:
    y = convolution(relu(x), scope.kernel("Conv_0"), (stride, stride))
    return batch_norm(scope.child("BatchNorm_0"), y)


def operation(scope: Scope, name: str, x: Array) -> Array:
    """One of the five operations."""
    if name == "none":
        return np.zeros_like(x)
    if name == "skip_connect":
        return x
    if name == "avg_pool_3x3":
        return average_pool(x, 1)
    side = scope.parameters["Conv_0"]["kernel"].shape[0]
    assert name == f"nor_conv_{side}x{side}"
    return relu_conv_norm(scope, x)


def cell(scope: Scope, genotype: Genotype, x: Array) -> Array:
    first, second, third, fourth, fifth, sixth = genotype.operations

    def edge(place: int, name: str, value: Array) -> Array:
        used = name.startswith("nor_conv")
        return operation(scope.child(f"edge{place}") if used else Scope({}, {}, scope.train), name, value)

    node1 = edge(0, first, x)
    node2 = edge(1, second, x) + edge(2, third, node1)
    return edge(3, fourth, x) + edge(4, fifth, node1) + edge(5, sixth, node2)


def reduction(scope: Scope, x: Array) -> Array:
    y = relu_conv_norm(scope.child("first"), x, stride=2)
    y = relu_conv_norm(scope.child("second"), y)
    means = windows(x, (2, 2), (2, 2), 1, (0, 0), 0.0).mean((3, 4))
    return y + convolution(means, scope.kernel("Conv_0"))


def network(scope: Scope, genotype: Genotype, images: Array, cells_per_stage: int) -> Array:
    """Logits [batch, classes]; in training the new running statistics are in `scope.new`."""
    stem = scope.child("stem")
    x = batch_norm(stem.child("BatchNorm_0"), convolution(images, stem.kernel("Conv_0")))
    for stage in range(3):
        if stage > 0:
            x = reduction(scope.child(f"reduction{stage - 1}"), x)
        for number in range(cells_per_stage):
            x = cell(scope.child(f"stage{stage}_cell{number}"), genotype, x)
    features = relu(batch_norm(scope.child("norm"), x)).mean((1, 2))
    classifier = scope.parameters["classifier"]
    logits: Array = features @ classifier["kernel"] + classifier["bias"]
    return logits
