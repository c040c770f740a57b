"""The source file of a network: plain Flax code of its own cells and operations, and no more than those."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import econas_jax
from econas_jax.export.cell_source import cell_source
from econas_jax.export.live import live_inputs, live_places
from econas_jax.export.rendering import environment
from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts.macro_net import STEM_WIDTH, CellPlace, walk

TEMPLATE = "network.py.j2"
LINE = 120  # characters
NO_BREAK = "\N{NO-BREAK SPACE}"
PARTS = (
    "max_pool",
    "average_pool",
    "Preprocess",
    "FactorizedReduce",
    "SeparableConv",
    "DilatedConv",
    "RowColumnConv",
)
IMAGENET_STEM = (
    "x = convolution({half}, (3, 3), strides=(2, 2))(images)",
    "x = nn.relu(batch_norm(train)(x))",
    "x = convolution({channels}, (3, 3), strides=(2, 2))(x)",
    "stem0 = batch_norm(train)(x)",
    "x = convolution({channels}, (3, 3), strides=(2, 2))(nn.relu(stem0))",
    "stem1 = batch_norm(train)(x)",
)


def network_source(model: TrainedModel) -> str:
    """Returns the text of `network.py`, for a model whose description is a `CellNetworkDescription`."""
    description = model.description
    assert isinstance(description, CellNetworkDescription)
    genotype = description.genotype
    places = live_places(genotype, walk(description.channels, description.cells_per_stage, description.stem))
    kinds = sorted({place.reduction for place in places})
    cells = [cell_source(genotype.reduce if reduction else genotype.normal, reduction) for reduction in kinds]
    body = "\n".join(line for cell in cells for line in cell.lines)
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            version=econas_jax.__version__,
            genotype_lines=_wrapped(str(genotype)),
            resolution=model.resolution,
            num_classes=description.num_classes,
            mean=_numbers(model.mean),
            std=_numbers(model.std),
            parts=[part for part in PARTS if f"{part}(" in body or f" {part} " in body],
            cells=cells,
            network_lines=[*_stem(description), *(_cell_line(description, place) for place in places)],
            last=f"cell{places[-1].position}",
        )
    )


def _stem(description: CellNetworkDescription) -> list[str]:
    if description.stem == "cifar":
        convolution = f"convolution({STEM_WIDTH * description.channels}, (3, 3))(images)"
        return [f"stem = batch_norm(train)({convolution})"]
    sizes = {"half": description.channels // 2, "channels": description.channels}
    return [line.format(**sizes) for line in IMAGENET_STEM]


def _cell_line(description: CellNetworkDescription, place: CellPlace) -> str:
    """Returns the line that computes a cell."""
    genotype = description.genotype
    inputs = live_inputs(genotype.reduce if place.reduction else genotype.normal)
    read = [_state(description, place.reads[number]) for number in inputs]
    name = "ReductionCell" if place.reduction else "NormalCell"
    halve = "halve=True, " if place.halves_input0 and 0 in inputs else ""
    cell = f"cell{place.position}"
    return f'{cell} = {name}({place.channels}, {halve}name="{cell}")({", ".join([*read, "train"])})'


def _state(description: CellNetworkDescription, position: int) -> str:
    """Returns the variable that holds a cell's output, or one of the stem's."""
    if position >= 0:
        return f"cell{position}"
    return "stem" if description.stem == "cifar" else f"stem{position + 2}"


def _wrapped(genotype: str) -> list[str]:
    """Returns a genotype's text in lines that break between edges alone."""
    unbreakable = genotype.replace("', ", f"',{NO_BREAK}")
    lines = textwrap.wrap(unbreakable, LINE, break_long_words=False, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(repr(float(value)) for value in values)
