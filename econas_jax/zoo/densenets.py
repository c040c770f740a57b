"""DenseNet-BC in the sizes of its paper: the baseline made by hand of EcoNAS's Table 2."""

from __future__ import annotations

from econas_jax.spaces.densenet import DenseNetBC
from econas_jax.zoo.entry import Entry, Published

PAPER = "Huang et al., Densely Connected Convolutional Networks, CVPR 2017"
SOURCE = "liuzhuang13/DenseNet, models/densenet.lua"
TABLE = "DenseNet (with augmentation)"


def _densenet(depth: int, growth: int, parameters: float, cifar10: float, cifar100: float) -> Entry:
    """parameters: millions; then the published errors in %."""
    rows = (
        Published(TABLE, "CIFAR-10", cifar10, None, parameters),
        Published(TABLE, "CIFAR-100", cifar100, None, parameters),
    )
    name = f"DenseNet-BC-{depth}-{growth}"
    return Entry(name, 2016, PAPER, SOURCE, DenseNetBC(depth, growth), rows, "not searched; no cells")


DENSENETS = (
    _densenet(100, 12, 0.8, 4.51, 22.27),
    _densenet(250, 24, 15.3, 3.62, 17.60),
    _densenet(190, 40, 25.6, 3.46, 17.18),
)
