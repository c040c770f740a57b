"""Reads off the arrays of a PyTorch state dict which network they are of, its genotype apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from econas_jax.errors import InputError, require
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import STAGES, STEM_WIDTH, Stem, check_macro_net

# A convolution that only this stem has, and its output channels in units of C.
STEM_MARKS: Mapping[Stem, tuple[str, int]] = {"cifar": ("stem.0.weight", STEM_WIDTH), "imagenet": ("stem1.1.weight", 1)}
AUXILIARY_PREFIX = "auxiliary_head."


def described(arrays: Mapping[str, np.ndarray], genotype: Genotype) -> CellNetworkDescription:
    """Returns the description of the network whose arrays these are; raises InputError where they are of none.

    The stem is read off the names, C off its last convolution, N off the number of cells, the classes off the
    classifier.
    """
    stems: list[Stem] = [stem for stem, (name, _) in STEM_MARKS.items() if name in arrays]
    marks = " or ".join(f"{name} ({stem} stem)" for stem, (name, _) in STEM_MARKS.items())
    require(len(stems) == 1, "state dict", _few(arrays), f"weights of the DARTS macro-net with either {marks}")
    mark, units = STEM_MARKS[stems[0]]
    width = _outputs(arrays, mark, dimensions=4)
    require(width % units == 0, f"shape of {mark}", arrays[mark].shape, f"a multiple of {units} outputs")
    cells = len({name.split(".")[1] for name in arrays if name.startswith("cells.")})
    cells_per_stage, rest = divmod(cells - STAGES + 1, STAGES)
    complete = rest == 0 and cells_per_stage > 0
    require(complete, "cells of the state dict", cells, "3 N + 2: three stages of N cells, two reduction cells")
    classes = _outputs(arrays, "classifier.weight", dimensions=2)
    check_macro_net(width // units, cells_per_stage, classes, stems[0])
    return CellNetworkDescription(genotype, width // units, cells_per_stage, classes, stems[0])


def has_auxiliary(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether an auxiliary head is among the arrays."""
    return any(name.startswith(AUXILIARY_PREFIX) for name in arrays)


def _outputs(arrays: Mapping[str, np.ndarray], name: str, dimensions: int) -> int:
    """Returns the number of outputs of a convolution or a linear layer; raises InputError where it is none."""
    if name not in arrays:
        raise InputError("state dict", _few(arrays), f"{name} among its {len(arrays)} entries")
    shape = arrays[name].shape
    require(len(shape) == dimensions, f"shape of {name}", shape, f"{dimensions} dimensions, the outputs first")
    return int(shape[0])


def _few(arrays: Mapping[str, np.ndarray]) -> list[str]:
    return list(arrays)[:3]
