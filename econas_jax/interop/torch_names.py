"""The names that quark0/darts (`cnn/model.py`) and EcoNAS (`retrain/model.py`) give what `CellNetwork` holds.

One table serves both directions. A module's own names are the left sides, PyTorch's the right sides: both
implementations use the same, `NetworkCIFAR` and `NetworkImageNet` differ in the stem and in the auxiliary head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts.macro_net import CellPlace, Stem, walk

Names = Mapping[str, str]

STEMS: Mapping[Stem, Names] = {
    "cifar": {"Conv_0": "stem.0", "BatchNorm_0": "stem.1"},
    "imagenet": {
        "Conv_0": "stem0.0",
        "BatchNorm_0": "stem0.1",
        "Conv_1": "stem0.3",
        "BatchNorm_1": "stem0.4",
        "Conv_2": "stem1.1",
        "BatchNorm_2": "stem1.2",
    },
}
_HEAD = {"Conv_0": "features.2", "BatchNorm_0": "features.3", "Conv_1": "features.5", "Dense_0": "classifier"}
# The ImageNet head has no second normalisation.
AUXILIARY_HEADS: Mapping[Stem, Names] = {"cifar": {**_HEAD, "BatchNorm_1": "features.6"}, "imagenet": _HEAD}

PREPROCESS: Names = {"Conv_0": "op.1", "BatchNorm_0": "op.2"}
FACTORIZED_REDUCE: Names = {"Conv_0": "conv_1", "Conv_1": "conv_2", "BatchNorm_0": "bn"}
_ONCE = {"Conv_0": "op.1", "Conv_1": "op.2", "BatchNorm_0": "op.3"}
_TWICE = {**_ONCE, "Conv_2": "op.5", "Conv_3": "op.6", "BatchNorm_1": "op.7"}
OPERATIONS: Mapping[str, Names] = {
    "none": {},
    "max_pool_3x3": {},
    "avg_pool_3x3": {},
    "skip_connect": {},  # at stride 1; at stride 2 it is a factorized reduce
    "sep_conv_3x3": _TWICE,
    "sep_conv_5x5": _TWICE,
    "sep_conv_7x7": _TWICE,
    "dil_conv_3x3": _ONCE,
    "dil_conv_5x5": _ONCE,
    "conv_7x1_1x7": {"Conv_0": "1", "Conv_1": "2", "BatchNorm_0": "3"},
}

# A variable's collection and name, and PyTorch's name of it.
LEAVES: Mapping[tuple[str, str], str] = {
    ("params", "kernel"): "weight",
    ("params", "scale"): "weight",
    ("params", "bias"): "bias",
    ("batch_stats", "mean"): "running_mean",
    ("batch_stats", "variance"): "running_var",
}
STEPS = "num_batches_tracked"  # how often a normalisation was trained; ours does not count it


def torch_modules(description: CellNetworkDescription) -> dict[tuple[str, ...], str]:
    """Returns PyTorch's name of every module with variables, by its path, such as ("cell0", "edge1", "Conv_0").

    Those of an auxiliary head are among them.
    """
    stem = description.stem
    named = dict(_within((), "", STEMS[stem]))
    named |= _within(("auxiliary",), "auxiliary_head.", AUXILIARY_HEADS[stem])
    named[("classifier",)] = "classifier"
    for place in walk(description.channels, description.cells_per_stage, stem):
        named |= _cell(description, place)
    return named


def _cell(description: CellNetworkDescription, place: CellPlace) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields the modules of a cell."""
    ours, theirs = f"cell{place.position}", f"cells.{place.position}."
    first = FACTORIZED_REDUCE if place.halves_input0 else PREPROCESS
    yield from _within((ours, "preprocess0"), f"{theirs}preprocess0.", first)
    yield from _within((ours, "preprocess1"), f"{theirs}preprocess1.", PREPROCESS)
    cell = description.genotype.reduce if place.reduction else description.genotype.normal
    for index, (operation, source) in enumerate(cell.edges):
        path, prefix = (ours, f"edge{index}"), f"{theirs}_ops.{index}."
        if operation == "skip_connect" and place.stride(source) == 2:
            yield from _within((*path, "FactorizedReduce_0"), prefix, FACTORIZED_REDUCE)
        else:
            yield from _within(path, prefix, OPERATIONS[operation])


def _within(path: tuple[str, ...], prefix: str, names: Names) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields the names of a table inside a module."""
    for ours, theirs in names.items():
        yield (*path, ours), prefix + theirs
