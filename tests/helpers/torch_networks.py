"""The published cell networks in PyTorch, written from their definitions: what converted weights are compared with.

Only the names of the modules are those of quark0/darts and of EcoNAS, so that a state dict has theirs. Images are
[batch, channels, height, width]. Needs PyTorch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from econas_jax.spaces.darts.genotype import CellGenotype, Genotype


def dense(inputs: int, outputs: int, size: int = 1, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)


def depthwise(channels: int, size: int, stride: int, dilation: int = 1) -> nn.Conv2d:
    padding = dilation * (size - 1) // 2
    return nn.Conv2d(channels, channels, size, stride, padding, dilation, groups=channels, bias=False)


class Chain(nn.Module):
    """Layers in a row under the name `op`."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.op = nn.Sequential(*layers)

    def forward(self, x: Any) -> Any:
        return self.op(x)


class FactorizedReduce(nn.Module):
    """Halves a map: the even pixels give one half of the channels, the odd ones the other."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.conv_2 = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Any) -> Any:
        positive = x.clamp(min=0)
        halves = (self.conv_1(positive), self.conv_2(positive[..., 1:, 1:]))
        return self.bn(torch.cat(halves, 1))


class Zeros(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Any) -> Any:
        return torch.zeros_like(x[..., :: self.stride, :: self.stride])


def operation(name: str, channels: int, stride: int) -> nn.Module:
    """One of the ten operations."""
    if name == "none":
        return Zeros(stride)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride, padding=1)
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)
    norm = nn.BatchNorm2d
    if name == "conv_7x1_1x7":
        rows = nn.Conv2d(channels, channels, (1, 7), (1, stride), (0, 3), bias=False)
        columns = nn.Conv2d(channels, channels, (7, 1), (stride, 1), (3, 0), bias=False)
        return nn.Sequential(nn.ReLU(), rows, columns, norm(channels))
    size, layers = int(name[-1]), []
    for step in (stride, 1) if name.startswith("sep") else (stride,):
        taps = depthwise(channels, size, step, 1 if name.startswith("sep") else 2)
        layers += [nn.ReLU(), taps, dense(channels, channels), norm(channels)]
    return Chain(*layers)


class Cell(nn.Module):
    """widths: the channels of both inputs."""

    def __init__(
        self, genotype: CellGenotype, widths: tuple[int, int], channels: int, *, reduction: bool, halve0: bool
    ) -> None:
        super().__init__()

        def relu_conv_norm(inputs: int) -> nn.Module:
            return Chain(nn.ReLU(), dense(inputs, channels), nn.BatchNorm2d(channels))

        self.preprocess0 = FactorizedReduce(widths[0], channels) if halve0 else relu_conv_norm(widths[0])
        self.preprocess1 = relu_conv_norm(widths[1])
        strides = [2 if reduction and edge.input < 2 else 1 for edge in genotype.edges]
        made = [
            operation(edge.operation, channels, stride) for edge, stride in zip(genotype.edges, strides, strict=True)
        ]
        self._ops = nn.ModuleList(made)
        self.genotype = genotype

    def forward(self, before: Any, last: Any) -> Any:
        states = [self.preprocess0(before), self.preprocess1(last)]
        results: list[Any] = []
        for edge, made in zip(self.genotype.edges, self._ops, strict=True):
            results.append(made(states[edge.input]))
            if len(results) == 2:
                states.append(results[0] + results[1])
                results = []
        return torch.cat([states[node] for node in self.genotype.concat], 1)


class AuxiliaryHead(nn.Module):
    """The head that reads the second reduction cell; the ImageNet one has no second normalisation."""

    def __init__(self, inputs: int, classes: int, stem: str) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReLU(), nn.AvgPool2d(5, {"cifar": 3, "imagenet": 2}[stem])]
        layers += [nn.Conv2d(inputs, 128, 1, bias=False), nn.BatchNorm2d(128), nn.ReLU()]
        layers += [nn.Conv2d(128, 768, 2, bias=False), *([nn.BatchNorm2d(768)] if stem == "cifar" else []), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(768, classes)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x).flatten(1))


class TorchNetwork(nn.Module):
    """The macro-net: stem, three stages of N cells with reduction cells between, global mean, linear layer."""

    def __init__(
        self, genotype: Genotype, channels: int, cells_per_stage: int, classes: int, stem: str, auxiliary: bool
    ) -> None:
        super().__init__()
        wide = 3 * channels if stem == "cifar" else channels
        if stem == "cifar":
            self.stem = nn.Sequential(dense(3, wide, 3), nn.BatchNorm2d(wide))
        else:
            half = channels // 2
            first = [dense(3, half, 3, 2), nn.BatchNorm2d(half), nn.ReLU()]
            self.stem0 = nn.Sequential(*first, dense(half, wide, 3, 2), nn.BatchNorm2d(wide))
            self.stem1 = nn.Sequential(nn.ReLU(), dense(wide, wide, 3, 2), nn.BatchNorm2d(wide))
        self.cells = nn.ModuleList()
        layout = "N" * cells_per_stage + ("R" + "N" * cells_per_stage) * 2
        widths, now, previous = (wide, wide), channels, "N" if stem == "cifar" else "R"
        self.read_by_the_head = layout.rindex("R")
        for place, kind in enumerate(layout):
            chosen = genotype.reduce if kind == "R" else genotype.normal
            now *= 2 if kind == "R" else 1
            self.cells.append(Cell(chosen, widths, now, reduction=kind == "R", halve0=previous == "R"))
            widths, previous = (widths[1], len(chosen.concat) * now), kind
            if auxiliary and place == self.read_by_the_head:
                self.auxiliary_head = AuxiliaryHead(widths[1], classes, stem)
        self.classifier = nn.Linear(widths[1], classes)

    def forward(self, images: Any) -> list[Any]:
        """Logits, in training those of the auxiliary head after them."""
        if hasattr(self, "stem"):
            before = last = self.stem(images)
        else:
            before = self.stem0(images)
            last = self.stem1(before)
        logits = []
        for place, cell in enumerate(self.cells):
            before, last = last, cell(before, last)
            if self.training and place == self.read_by_the_head and hasattr(self, "auxiliary_head"):
                logits.append(self.auxiliary_head(last))
        return [self.classifier(last.mean((2, 3))), *logits]
