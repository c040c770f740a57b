"""The networks of the published definitions in NumPy: explicit padding, one output position at a time, no JAX.

What the library's networks are compared with. Arrays are [batch, height, width, channels]; variables are named as in
`CellNetwork`. Given float64, everything is float64, so that central differences of it check gradients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from econas_jax.spaces.darts.genotype import CellGenotype, Genotype

Array = np.ndarray
Pair = tuple[int, int]


@dataclass
class Scope:
    """A module's variables, and the place for the running statistics that it has after a training step."""

    parameters: dict[str, Any]
    statistics: dict[str, Any]
    train: bool
    new: dict[str, Any] = field(default_factory=dict)

    def child(self, name: str) -> Scope:
        inner = Scope(self.parameters.get(name, {}), self.statistics.get(name, {}), self.train)
        self.new[name] = inner.new
        return inner

    def kernel(self, name: str) -> Array:
        kernel: Array = self.parameters[name]["kernel"]
        assert set(self.parameters[name]) == {"kernel"}, "no convolution has a bias"
        return kernel


def windows(x: Array, kernel: Pair, stride: Pair, dilation: int, padding: Pair, fill: float) -> Array:
    """[batch, rows out, columns out, kernel rows, kernel columns, channels]."""
    batch, height, width, channels = x.shape
    (pad_rows, pad_columns), reach = padding, [dilation * (size - 1) + 1 for size in kernel]
    padded = np.full((batch, height + 2 * pad_rows, width + 2 * pad_columns, channels), fill, x.dtype)
    padded[:, pad_rows : pad_rows + height, pad_columns : pad_columns + width] = x
    rows = (padded.shape[1] - reach[0]) // stride[0] + 1
    columns = (padded.shape[2] - reach[1]) // stride[1] + 1
    result = np.empty((batch, rows, columns, *kernel, channels), x.dtype)
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride[0], column * stride[1]
            result[:, row, column] = padded[:, top : top + reach[0] : dilation, left : left + reach[1] : dilation]
    return result


def convolution(
    x: Array, kernel: Array, stride: Pair = (1, 1), dilation: int = 1, padding: Pair | None = None
) -> Array:
    """kernel: [rows, columns, inputs a group, outputs]; the padding keeps the size at stride 1 unless given."""
    rows, columns, inputs, outputs = kernel.shape
    if padding is None:
        padding = (dilation * (rows // 2), dilation * (columns // 2))
    seen = windows(x, (rows, columns), stride, dilation, padding, 0.0)
    groups = x.shape[-1] // inputs
    each = outputs // groups
    parts = [
        np.einsum(
            "nhwijc,ijco->nhwo",
            seen[..., group * inputs : (group + 1) * inputs],
            kernel[..., group * each : (group + 1) * each],
        )
        for group in range(groups)
    ]
    return np.concatenate(parts, axis=-1)


def max_pool(x: Array, stride: int) -> Array:
    pooled: Array = windows(x, (3, 3), (stride, stride), 1, (1, 1), -np.inf).max((3, 4))
    return pooled


def average_pool(x: Array, stride: int, size: int = 3, padding: int = 1) -> Array:
    pooled: Array = np.nanmean(windows(x, (size, size), (stride, stride), 1, (padding, padding), np.nan), (3, 4))
    return pooled


def relu(x: Array) -> Array:
    return np.where(x > 0, x, 0.0)


def batch_norm(scope: Scope, x: Array) -> Array:
    """torch's: normalised with the biased variance, the running variance is the unbiased one's average."""
    mean, variance = scope.statistics["mean"], scope.statistics["variance"]
    if scope.train:
        samples = x.reshape(-1, x.shape[-1])
        scope.new["mean"] = 0.9 * mean + 0.1 * samples.mean(0)
        scope.new["variance"] = 0.9 * variance + 0.1 * samples.var(0, ddof=1)
        mean, variance = samples.mean(0), samples.var(0)
    normalised: Array = (x - mean) / np.sqrt(variance + 1e-5) * scope.parameters["scale"] + scope.parameters["bias"]
    return normalised


def factorized_reduce(scope: Scope, x: Array) -> Array:
    x = relu(x)
    here = convolution(x, scope.kernel("Conv_0"), (2, 2))
    shifted = convolution(x[:, 1:, 1:], scope.kernel("Conv_1"), (2, 2))
    assert here.shape[-1] == (here.shape[-1] + shifted.shape[-1]) // 2
    return batch_norm(scope.child("BatchNorm_0"), np.concatenate([here, shifted], axis=-1))


def operation(scope: Scope, name: str, x: Array, stride: int) -> Array:
    """One of the ten operations."""
    if name == "none":
        batch, height, width, channels = x.shape
        return np.zeros((batch, math.ceil(height / stride), math.ceil(width / stride), channels))
    if name == "max_pool_3x3":
        return max_pool(x, stride)
    if name == "avg_pool_3x3":
        return average_pool(x, stride)
    if name == "skip_connect":
        return x if stride == 1 else factorized_reduce(scope.child("FactorizedReduce_0"), x)
    if name == "conv_7x1_1x7":
        x = convolution(relu(x), scope.kernel("Conv_0"), (1, stride))
        x = convolution(x, scope.kernel("Conv_1"), (stride, 1))
        return batch_norm(scope.child("BatchNorm_0"), x)
    return depthwise_separable(scope, name, x, stride)


def depthwise_separable(scope: Scope, name: str, x: Array, stride: int) -> Array:
    """sep_conv: depthwise, 1x1, BN twice, the stride in the first; dil_conv: once, with dilation 2."""
    kind, size = name[:3], int(name[-1])
    for repeat, step in enumerate((stride, 1) if kind == "sep" else (stride,)):
        taps = scope.kernel(f"Conv_{2 * repeat}")
        assert taps.shape == (size, size, 1, x.shape[-1])
        x = convolution(relu(x), taps, (step, step), {"sep": 1, "dil": 2}[kind])
        x = convolution(x, scope.kernel(f"Conv_{2 * repeat + 1}"))
        x = batch_norm(scope.child(f"BatchNorm_{repeat}"), x)
    return x


def relu_convolution_norm(scope: Scope, x: Array) -> Array:
    return batch_norm(scope.child("BatchNorm_0"), convolution(relu(x), scope.kernel("Conv_0")))


def cell(scope: Scope, genotype: CellGenotype, inputs: tuple[Array, Array], reduction: bool, halve0: bool) -> Array:
    """halve0: the previous cell was a reduction, so input 0, older than it, is twice as large."""
    preprocess0 = factorized_reduce if halve0 else relu_convolution_norm
    states = [
        preprocess0(scope.child("preprocess0"), inputs[0]),
        relu_convolution_norm(scope.child("preprocess1"), inputs[1]),
    ]
    for node in range(len(genotype.edges) // 2):
        total = np.zeros(())
        for place in (2 * node, 2 * node + 1):
            name, source = genotype.edges[place]
            stride = 2 if reduction and source in (0, 1) else 1
            total = total + operation(scope.child(f"edge{place}"), name, states[source], stride)
        states.append(total)
    return np.concatenate([states[node] for node in genotype.concat], axis=-1)


def stem(scope: Scope, kind: str, images: Array) -> tuple[Array, Array]:
    if kind == "cifar":
        x = batch_norm(scope.child("BatchNorm_0"), convolution(images, scope.kernel("Conv_0")))
        return x, x
    x = relu(batch_norm(scope.child("BatchNorm_0"), convolution(images, scope.kernel("Conv_0"), (2, 2))))
    before = batch_norm(scope.child("BatchNorm_1"), convolution(x, scope.kernel("Conv_1"), (2, 2)))
    last = batch_norm(scope.child("BatchNorm_2"), convolution(relu(before), scope.kernel("Conv_2"), (2, 2)))
    return before, last


def network(scope: Scope, genotype: Genotype, images: Array, cells_per_stage: int, kind: str = "cifar") -> Array:
    """Logits [batch, classes]; kind: of the stem."""
    before, last = stem(scope, kind, images)
    layout = ["normal"] * cells_per_stage + (["reduction"] + ["normal"] * cells_per_stage) * 2
    previous = "reduction" if kind == "imagenet" else "normal"
    for index, current in enumerate(layout):
        reduction = current == "reduction"
        chosen = genotype.reduce if reduction else genotype.normal
        inner = scope.child(f"cell{index}")
        before, last = last, cell(inner, chosen, (before, last), reduction, previous == "reduction")
        previous = current
    classifier = scope.parameters["classifier"]
    logits: Array = last.mean((1, 2)) @ classifier["kernel"] + classifier["bias"]
    return logits


def auxiliary_head(scope: Scope, kind: str, x: Array) -> Array:
    """DARTS's; its ImageNet form has stride 2 in the pool and no second normalisation."""
    x = average_pool(relu(x), {"cifar": 3, "imagenet": 2}[kind], size=5, padding=0)
    x = relu(batch_norm(scope.child("BatchNorm_0"), convolution(x, scope.kernel("Conv_0"))))
    x = convolution(x, scope.kernel("Conv_1"), padding=(0, 0))
    if kind == "cifar":
        x = batch_norm(scope.child("BatchNorm_1"), x)
    classifier = scope.parameters["Dense_0"]
    logits: Array = relu(x).reshape(len(x), -1) @ classifier["kernel"] + classifier["bias"]
    return logits
