"""Conversion of PyTorch's state dicts: where each array goes, what is accepted, and one line for what is not.

The names and shapes are recorded ones of the published code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from network_cases import leaves
from published_outputs import recorded_genotype, recorded_state

from econas_jax.errors import InputError
from econas_jax.interop import TorchNetwork, from_torch, to_torch
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts import parameters
from econas_jax.spaces.darts.published import DARTS_V1, ECONAS

State = dict[str, np.ndarray]
RECORDED = ("econas_cifar", "darts_cifar", "darts_imagenet")
CELL1 = "cells.1."  # the first reduction cell


def econas(**changes: Any) -> State:
    """The recorded state of EcoNAS's network; an array None is left out."""
    state = recorded_state("econas_cifar") | {name.replace("__", "."): array for name, array in changes.items()}
    return {name: array for name, array in state.items() if array is not None}


def assert_same(read: TorchNetwork, expected: TorchNetwork) -> None:
    assert read.description == expected.description and read.auxiliary == expected.auxiliary
    ours, theirs = leaves(read.variables), leaves(expected.variables)
    assert ours.keys() == theirs.keys()
    for path, array in ours.items():
        np.testing.assert_array_equal(array, theirs[path], err_msg=path)


@pytest.mark.parametrize(
    ("name", "stem", "auxiliary"),
    [("econas_cifar", "cifar", False), ("darts_cifar", "cifar", True), ("darts_imagenet", "imagenet", True)],
)
def test_the_macro_net_is_read_off_the_arrays(name: str, stem: Any, auxiliary: bool) -> None:
    genotype = recorded_genotype(name)
    read = from_torch(recorded_state(name), genotype)
    assert read.description == CellNetworkDescription(genotype, 4, 1, 10, stem)
    assert read.auxiliary == auxiliary
    counted = sum(array.size for array in leaves(read.variables["params"]).values())
    assert counted == parameters(genotype, channels=4, cells_per_stage=1, stem=stem, auxiliary=auxiliary)


def test_arrays_go_to_their_places() -> None:
    state = recorded_state("darts_cifar")
    variables = from_torch(state, recorded_genotype("darts_cifar")).variables
    params, statistics = variables["params"], variables["batch_stats"]
    depthwise = params["cell0"]["edge0"]["Conv_2"]["kernel"]  # the second of sep_conv_3x3
    assert depthwise.shape == (3, 3, 1, 4)
    assert depthwise[0, 2, 0, 3] == state["cells.0._ops.0.op.5.weight"][3, 0, 0, 2]
    wide = params["cell1"]["edge1"]["Conv_0"]["kernel"]  # of conv_7x1_1x7: along a row
    assert wide.shape == (1, 7, 8, 8)
    assert wide[0, 6, 1, 2] == state[f"{CELL1}_ops.1.1.weight"][2, 1, 0, 6]
    halving = params["cell1"]["edge4"]["FactorizedReduce_0"]  # skip_connect with stride 2
    assert halving["Conv_1"]["kernel"][0, 0, 5, 3] == state[f"{CELL1}_ops.4.conv_2.weight"][3, 5, 0, 0]
    norm = statistics["cell1"]["edge4"]["FactorizedReduce_0"]["BatchNorm_0"]
    np.testing.assert_array_equal(norm["variance"], state[f"{CELL1}_ops.4.bn.running_var"])
    np.testing.assert_array_equal(norm["mean"], state[f"{CELL1}_ops.4.bn.running_mean"])
    np.testing.assert_array_equal(params["BatchNorm_0"]["scale"], state["stem.1.weight"])
    np.testing.assert_array_equal(params["classifier"]["kernel"], state["classifier.weight"].T)
    head = params["auxiliary"]
    assert head["Conv_1"]["kernel"][1, 0, 100, 700] == state["auxiliary_head.features.5.weight"][700, 100, 1, 0]
    np.testing.assert_array_equal(head["BatchNorm_1"]["bias"], state["auxiliary_head.features.6.bias"])
    np.testing.assert_array_equal(head["Dense_0"]["bias"], state["auxiliary_head.classifier.bias"])


@pytest.mark.parametrize("name", RECORDED)
def test_there_and_back(name: str) -> None:
    state = recorded_state(name)
    read = from_torch(state, recorded_genotype(name))
    back = to_torch(read.description, read.variables)
    assert back.keys() == state.keys()
    for entry, array in back.items():
        np.testing.assert_array_equal(array, state[entry], err_msg=entry)
        assert array.flags.c_contiguous and array.flags.writeable


def test_nothing_is_shared_with_what_was_read() -> None:
    # torch's `.numpy()` shares memory with a model that may go on training.
    state = econas()
    read = from_torch(state, ECONAS)
    before = {path: array.copy() for path, array in leaves(read.variables).items()}
    back = to_torch(read.description, read.variables)
    for array in (*state.values(), *back.values()):
        array[...] = np.nan
    for path, array in leaves(read.variables).items():
        np.testing.assert_array_equal(array, before[path], err_msg=path)


@pytest.mark.parametrize("dtype", [np.float64, ml_dtypes.bfloat16])
def test_other_floats_become_float32(dtype: Any) -> None:
    read = from_torch({name: array.astype(dtype) for name, array in econas().items()}, ECONAS)
    assert {array.dtype for array in leaves(read.variables).values()} == {np.dtype(np.float32)}


def as_parallel(state: State) -> Any:
    return {f"module.{name}": array for name, array in state.items()}


def with_counters(state: State) -> Any:
    norms = [name.removesuffix(".running_var") for name in state if name.endswith(".running_var")]
    return state | {f"{norm}.num_batches_tracked": np.array(7) for norm in norms}


def as_checkpoint(state: State) -> Any:
    return {"epoch": 251, "state_dict": as_parallel(with_counters(state)), "optimizer": {"state": {}}}


@pytest.mark.parametrize("wrapped", [as_parallel, with_counters, as_checkpoint])
def test_what_training_scripts_add(wrapped: Callable[[State], Any]) -> None:
    assert_same(from_torch(wrapped(econas()), ECONAS), from_torch(econas(), ECONAS))


ZEROS = np.zeros((4, 4), np.float32)
REFUSED: list[tuple[Any, Any, str]] = [  # a state dict, a genotype, a part of the message
    (econas(classifier__bias=None), ECONAS, "'1 missing'"),
    (econas(classifier__bias=None), ECONAS, "missing: classifier.bias"),
    (econas(cells__0__extra__weight=ZEROS), ECONAS, "left over: cells.0.extra.weight"),
    (econas(fc__num_batches_tracked=np.array(1)), ECONAS, "left over: fc.num_batches_tracked"),
    (
        econas(classifier__bias=np.zeros(9, np.float32)),
        ECONAS,
        "'1 of another shape': expected one array for each variable of the genotype's network; "
        "of another shape: classifier.bias (9,) instead of (10,)",
    ),
    (econas(stem__1__bias=np.zeros((12, 1, 1), np.float32)), ECONAS, "stem.1.bias (12, 1, 1) instead of (12,)"),
    (econas(), DARTS_V1, " missing, "),
    (econas(), DARTS_V1, " left over"),
    (econas(), str(ECONAS), "expected a Genotype"),
    (econas(stem__0__weight=None), ECONAS, "stem.0.weight (cifar stem) or stem1.1.weight (imagenet stem)"),
    (econas(stem1__1__weight=ZEROS), ECONAS, "stem.0.weight (cifar stem) or stem1.1.weight (imagenet stem)"),
    (econas(stem__0__weight=ZEROS), ECONAS, "shape of stem.0.weight = (4, 4): expected 4 dimensions"),
    (econas(stem__0__weight=np.zeros((8, 3, 3, 3), np.float32)), ECONAS, "a multiple of 3 outputs"),
    (econas(classifier__weight=None), ECONAS, "expected classifier.weight among its"),
    (econas(classifier__weight=np.zeros((1, 8), np.float32)), ECONAS, "num_classes = 1"),
    ({name: array for name, array in econas().items() if CELL1 not in name}, ECONAS, "cells of the state dict = 4"),
    (econas(classifier__bias=[0.0] * 10), ECONAS, "state dict's classifier.bias = 'list'"),
    (econas(classifier__bias=np.zeros(10, np.int64)), ECONAS, "state dict's classifier.bias = 'int64'"),
    ({"state_dict": econas(), "module": 1} | {"state_dict": 3}, ECONAS, "state dict's state_dict = 'int'"),
    ({}, ECONAS, "state dict = []"),
    (list(econas().values()), ECONAS, "state dict = 'list'"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refusals_are_one_line_that_names_what_is_wrong(number: int) -> None:
    state, genotype, part = REFUSED[number]
    with pytest.raises(InputError) as caught:
        from_torch(state, genotype)
    message = str(caught.value)
    assert part in message
    assert "\n" not in message and len(message) < 600


def test_a_long_list_of_names_is_cut() -> None:
    state = {name: array for name, array in econas().items() if "preprocess1" not in name}
    with pytest.raises(InputError, match=r"'25 missing'.*preprocess1[^,]*, [^,]*, [^,]* and 22 more$"):
        from_torch(state, ECONAS)


def test_a_checkpoint_without_the_auxiliary_head_of_another_stem() -> None:
    # P-DARTS's and PC-DARTS's forks may have the second normalisation that DARTS's ImageNet head lacks.
    state = recorded_state("darts_imagenet") | {"auxiliary_head.features.6.weight": np.zeros(768, np.float32)}
    with pytest.raises(InputError, match=r"'1 left over'.*left over: auxiliary_head\.features\.6\.weight$"):
        from_torch(state, recorded_genotype("darts_imagenet"))
