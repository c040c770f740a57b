"""The description of a NAS-Bench-201 network: its JSON, its network and its counts."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.nn.description import description_from_json
from econas_jax.nn.nasbench201.description import NasBench201Description
from econas_jax.spaces.nasbench201.genotype import Genotype

TEXT = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
DESCRIPTION = NasBench201Description(Genotype.parse(TEXT), channels=4, cells_per_stage=1, num_classes=5)


def test_it_comes_back_from_json() -> None:
    fields = json.loads(json.dumps(DESCRIPTION.to_json()))
    assert fields["kind"] == "nasbench201" and fields["genotype"] == TEXT == DESCRIPTION.title
    assert description_from_json(fields) == DESCRIPTION


def test_its_parameters_are_those_that_are_counted() -> None:
    images = np.zeros((1, 8, 8, 3), np.float32)
    variables = jax.eval_shape(lambda: DESCRIPTION.build().init(jax.random.key(0), images, train=False))
    sizes = [int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(variables["params"])]
    assert sum(sizes) == DESCRIPTION.cost(8).parameters
    assert DESCRIPTION.cost(16).multiply_adds > DESCRIPTION.cost(8).multiply_adds


def test_it_has_no_auxiliary_head() -> None:
    with pytest.raises(InputError, match="auxiliary = True: expected False"):
        DESCRIPTION.build(auxiliary=True)


def test_fields_that_make_no_network_are_refused() -> None:
    with pytest.raises(InputError):
        description_from_json(DESCRIPTION.to_json() | {"genotype": "|none~0|"})
    with pytest.raises(InputError):
        description_from_json(DESCRIPTION.to_json() | {"stem": "cifar"})
