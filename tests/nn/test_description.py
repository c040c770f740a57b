"""Descriptions of single networks: all kinds are built, counted, written as JSON and read back."""

from __future__ import annotations

import json
from typing import Any

import jax
import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.nn.chain import ChainDescription
from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.nn.description import KINDS, CellNetworkDescription, Description, description_from_json
from econas_jax.nn.nasbench201.description import NasBench201Description
from econas_jax.spaces.chain import parse_chain
from econas_jax.spaces.darts.published import DARTS_V2
from econas_jax.spaces.nasbench201 import Genotype

CELL = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
DESCRIPTIONS: dict[str, Description] = {
    "darts": CellNetworkDescription(DARTS_V2, channels=4, cells_per_stage=1, num_classes=7),
    "nasbench201": NasBench201Description(Genotype.parse(CELL), channels=4, cells_per_stage=1, num_classes=7),
    "chain": ChainDescription(parse_chain("mbconv(8/2 8:k3e1 16:k5e3/2 16:zero 24)"), num_classes=7),
    "densenet_bc": DenseNetDescription(depth=10, growth=4, num_classes=7),
}
each = pytest.mark.parametrize("kind", KINDS)


def shapes(description: Description, **build: Any) -> Any:
    network = description.build(**build)
    images = jax.ShapeDtypeStruct((2, 32, 32, 3), np.float32)
    return jax.eval_shape(lambda images: network.init(jax.random.key(0), images, train=False), images)


def test_every_kind_is_tested() -> None:
    assert set(KINDS) <= set(DESCRIPTIONS)


@each
def test_json_holds_the_whole_description(kind: str) -> None:
    description = DESCRIPTIONS[kind]
    fields = json.loads(json.dumps(description.to_json()))
    assert fields["kind"] == kind and fields.get("genotype", description.title) == description.title
    assert description_from_json(fields) == description


@each
def test_the_network_has_the_parameters_that_are_counted(kind: str) -> None:
    description = DESCRIPTIONS[kind]
    parameters = jax.tree.leaves(shapes(description)["params"])
    assert sum(leaf.size for leaf in parameters) == description.cost(32).parameters
    assert description.cost(32).multiply_adds > description.cost(16).multiply_adds > 0


def test_a_published_network_has_its_published_size() -> None:
    """DARTS_V2 in the setting of its paper: 3.3 M parameters, counted by quark0/darts itself."""
    assert CellNetworkDescription(DARTS_V2, 36, 6, 10).cost(32).parameters == 3_349_342


def test_the_auxiliary_head_is_asked_for_and_not_counted() -> None:
    description = DESCRIPTIONS["darts"]
    assert set(shapes(description, auxiliary=True)["params"]) - set(shapes(description)["params"]) == {"auxiliary"}
    with pytest.raises(InputError, match="^auxiliary = True: expected False"):
        DESCRIPTIONS["nasbench201"].build(auxiliary=True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "resnet"}, "kind = 'resnet': expected one of darts, "),
        ({"depth": 3}, "fields of the network = "),
        ({"genotype": "Genotype(normal=[])"}, "genotype"),
    ],
)
def test_what_is_no_description_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        description_from_json(DESCRIPTIONS["darts"].to_json() | change)
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)
    fields = DESCRIPTIONS["darts"].to_json()
    del fields["channels"]
    with pytest.raises(InputError, match="^fields of the network = "):
        description_from_json(fields)


@pytest.mark.parametrize("kind", ["darts", "nasbench201"])
def test_more_cells_than_anything_could_train_are_refused_before_they_are_counted(kind: str) -> None:
    described = description_from_json(DESCRIPTIONS[kind].to_json() | {"cells_per_stage": 10**30})
    with pytest.raises(InputError, match="cells_per_stage = 10{30}: expected a whole number from 1 to 1000$"):
        described.build()
