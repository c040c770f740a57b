"""The generated code: what it holds, and that it reads the weights of its network, for every published genotype."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from exported_networks import EVERYTHING, FEW, random_model

from econas_jax.errors import SearchError
from econas_jax.export.cell_source import cell_source
from econas_jax.export.generated import module_of
from econas_jax.export.source import network_source
from econas_jax.export.weights import exported_weights
from econas_jax.models.trained_model import flattened
from econas_jax.spaces.darts import published
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import Stem

PUBLISHED = {name: value for name, value in vars(published).items() if isinstance(value, Genotype)}


def test_a_cell_reads_as_if_written_by_hand() -> None:
    assert cell_source(published.ECONAS.reduce, reduction=True).lines == (
        'node0 = Preprocess(self.channels, name="preprocess0")(input0, train)',
        'node1 = Preprocess(self.channels, name="preprocess1")(input1, train)',
        "edge0 = max_pool(node1, stride=2)",
        'edge1 = SeparableConv(5, stride=2, name="edge1")(node1, train)',
        "node2 = edge0 + edge1",
        'edge2 = FactorizedReduce(self.channels, name="edge2")(node0, train)',
        "edge3 = average_pool(node2)",
        "node3 = edge2 + edge3",
        'edge4 = DilatedConv(5, name="edge4")(node3, train)',
        "edge5 = max_pool(node0, stride=2)",
        "node4 = edge4 + edge5",
        'edge6 = DilatedConv(3, stride=2, name="edge6")(node0, train)',
        "edge7 = max_pool(node1, stride=2)",
        "node5 = edge6 + edge7",
        "return jnp.concatenate([node2, node4, node5], axis=-1)",
    )


def test_it_holds_no_operation_that_it_does_not_use() -> None:
    source = network_source(random_model(FEW))
    assert "def max_pool" in source and "def average_pool" in source and "class Preprocess" in source
    for absent in ("class SeparableConv", "class DilatedConv", "class RowColumnConv", "class FactorizedReduce"):
        assert absent not in source
    everything = network_source(random_model(EVERYTHING))
    assert all(part in everything for part in ("SeparableConv", "DilatedConv", "RowColumnConv", "FactorizedReduce"))


@pytest.mark.parametrize(("name", "stem"), [*((name, "cifar") for name in PUBLISHED), ("DARTS_V2", "imagenet")])
def test_it_reads_exactly_the_weights_of_every_published_network(name: str, stem: Stem) -> None:
    model = random_model(PUBLISHED[name], stem, side=32)
    weights = exported_weights(model, module_of(network_source(model)))
    assert len(weights) == len(flattened(model.variables))  # no published cell has a part without effect
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in weights.values())


def test_weights_of_parts_without_effect_are_left_out() -> None:
    model = random_model(EVERYTHING)
    weights = exported_weights(model, module_of(network_source(model)))
    assert "params/cell0/edge8/Conv_0/kernel" in flattened(model.variables)  # of the node that nobody reads
    assert not any("/cell0/edge8/" in name or "/cell0/edge9/" in name for name in weights)


def test_code_of_another_network_is_noticed() -> None:
    with pytest.raises(SearchError, match="^the generated code reads batch_stats/cell0/edge0/.*: please report this"):
        exported_weights(random_model(FEW), module_of(network_source(random_model(EVERYTHING))))


def test_it_can_be_trained_further() -> None:
    network = module_of(network_source(random_model(FEW))).Network()
    images = jax.ShapeDtypeStruct((4, 8, 8, 3), np.float32)
    variables = jax.eval_shape(network.init, jax.random.key(0), images)
    logits, updated = jax.eval_shape(
        lambda variables, images: network.apply(variables, images, train=True, mutable=["batch_stats"]),
        variables,
        images,
    )
    assert logits.shape == (4, 3)
    assert jax.tree.map(jnp.shape, updated["batch_stats"]) == jax.tree.map(jnp.shape, variables["batch_stats"])


@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_it_is_formatted_as_our_own_code(stem: Stem, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is None:
        pytest.skip("ruff is not installed")
    file = tmp_path / "network.py"
    file.write_text(network_source(random_model(EVERYTHING, stem, side=32)), encoding="utf-8")
    options = ["--isolated", "--line-length=120", str(file)]
    assert subprocess.run([ruff, "format", "--check", *options]).returncode == 0
    assert subprocess.run([ruff, "check", "--select=E,F,I,B,N,SIM,W,UP", *options]).returncode == 0
