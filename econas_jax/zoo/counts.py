"""The networks on which the zoo's architectures are counted, and their counts by both conventions of the literature."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from econas_jax.spaces import darts, densenet
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import Stem
from econas_jax.spaces.densenet import DenseNetBC


@dataclasses.dataclass(frozen=True)
class Setting:
    """Sizes of a network made of cells, and its images."""

    dataset: str
    stem: Stem
    channels: int  # C of the first cells
    cells_per_stage: int  # N
    resolution: int  # pixels a side
    num_classes: int


CIFAR = Setting("CIFAR-10", "cifar", channels=36, cells_per_stage=6, resolution=32, num_classes=10)
IMAGENET = Setting("ImageNet", "imagenet", channels=48, cells_per_stage=4, resolution=224, num_classes=1000)


class Counts(NamedTuple):
    """What a network costs; the operations are of one image's forward pass."""

    parameters: int
    multiply_adds: int  # of convolutions and linear layers
    operations: int  # with normalisations, ReLUs and pools (`spaces.layers`)


def counts(architecture: Genotype | DenseNetBC, setting: Setting) -> Counts | None:
    """Counts an architecture's network without building it.

    None for a DenseNet-BC with the ImageNet stem, which is none. Raises InputError for sizes that make no network.
    """
    if isinstance(architecture, DenseNetBC):
        if setting.stem != "cifar":
            return None
        return Counts(
            densenet.parameters(architecture, num_classes=setting.num_classes),
            *(
                densenet.multiply_adds(
                    architecture,
                    resolution=setting.resolution,
                    num_classes=setting.num_classes,
                    elementwise=elementwise,
                )
                for elementwise in (False, True)
            ),
        )
    sizes: dict[str, Any] = {
        "channels": setting.channels,
        "cells_per_stage": setting.cells_per_stage,
        "num_classes": setting.num_classes,
    }
    plain, all_operations = (
        darts.multiply_adds(
            architecture, **sizes, stem=setting.stem, resolution=setting.resolution, elementwise=elementwise
        )
        for elementwise in (False, True)
    )
    return Counts(darts.parameters(architecture, **sizes, stem=setting.stem), plain, all_operations)
