"""One network for all genotypes is each one's plain network in values and gradients, with branches and without."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nasbench201_cases import BRANCH_FREE, FAMILY, SIZE, case, compiled_step, genotype_of, shapes, step, variables_of
from network_cases import Tree, assert_close, leaves, quick_jit

from econas_jax.nn.nasbench201.family import NasBench201Family
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.spaces.nasbench201.genotype import EDGES

SEEDS = (0, 1, 2)


def nonzeros(tree: Tree) -> int:
    return sum(int(np.count_nonzero(leaf)) for leaf in leaves(tree).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_is_the_plain_networks(seed: int) -> None:
    genotype, variables, (logits, statistics, gradient, evaluated) = case(seed)
    plain = quick_jit(lambda given: step(FAMILY.plain(genotype), given))(FAMILY.specialize(variables, genotype))
    ours = FAMILY.specialize({"params": gradient, "batch_stats": statistics}, genotype)
    assert_close(logits, plain[0], 1e-5)
    assert_close(ours["batch_stats"], plain[1], 1e-5)
    assert_close(ours["params"], plain[2], 1e-4)
    assert_close(evaluated, plain[3], 1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_branches_a_step_is_the_same(seed: int) -> None:
    genotype, variables, branched = case(seed)
    assert_close(compiled_step(True)(variables, BRANCH_FREE.encode(genotype)), branched, 1e-4)


@pytest.mark.parametrize("branch_free", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_genotype_does_not_use_stays(seed: int, branch_free: bool) -> None:
    genotype, variables, _ = case(seed)
    _, statistics, gradient, _ = compiled_step(branch_free)(variables, FAMILY.encode(genotype))
    # specialize copies each used entry once, so an entry that it leaves out can only add to the count.
    used = FAMILY.specialize({"params": gradient, "batch_stats": statistics}, genotype)
    assert nonzeros(gradient) == nonzeros(used["params"])
    changed = jax.tree.map(lambda new, old: np.asarray(new) - old, statistics, variables["batch_stats"])
    assert nonzeros(changed) == sum(leaf.size for leaf in leaves(used["batch_stats"]).values())


def test_a_population_by_vmap_is_its_members() -> None:
    members = [case(seed) for seed in SEEDS]
    stacked = jax.tree.map(lambda *rows: np.stack(rows), *(variables for _, variables, _ in members))
    architectures = np.stack([BRANCH_FREE.encode(genotype) for genotype, _, _ in members])
    results = quick_jit(jax.vmap(lambda *given: step(BRANCH_FREE.network, *given)))(stacked, architectures)
    for place, (_, _, expected) in enumerate(members):
        assert_close(jax.tree.map(lambda leaf, place=place: leaf[place], results), expected, 1e-4)


def test_without_branches_there_are_none() -> None:
    def conditionals(family: NasBench201Family) -> int:
        given = variables_of(family, 0), family.encode(genotype_of(0))
        images = jnp.zeros((2, SIZE, SIZE, 3))
        run = functools.partial(family.network.apply, train=True, mutable=["batch_stats"])
        return str(jax.make_jaxpr(run)(given[0], images, given[1])).count("cond[")

    assert conditionals(FAMILY) > 0
    assert conditionals(BRANCH_FREE) == 0


@pytest.mark.parametrize("seed", range(8))
def test_specialized_shapes_are_the_plain_networks_and_their_number_is_the_cost(seed: int) -> None:
    genotype = NasBench201Space().sample(np.random.default_rng(seed))
    settings = dataclasses.replace(FAMILY.settings, channels=2 + seed % 3, cells_per_stage=1 + seed % 2)
    family = NasBench201Family(NasBench201Space(), settings)
    images = jnp.zeros((1, SIZE, SIZE, 3))
    plain = jax.eval_shape(lambda: family.plain(genotype).init(jax.random.key(0), images, train=False))
    ours = family.specialize(jax.tree.map(lambda leaf: np.zeros(leaf.shape), shapes(family)), genotype)
    assert shapes_of_leaves(ours) == shapes_of_leaves(plain)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(plain["params"]))
    assert family.cost(genotype).parameters == parameters


def shapes_of_leaves(tree: Any) -> dict[str, tuple[int, ...]]:
    return {jax.tree_util.keystr(path): tuple(leaf.shape) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def test_spaces_with_fewer_operations_have_fewer_taps_and_the_same_function() -> None:
    small = NasBench201Family(NasBench201Space(operations=("nor_conv_1x1", "skip_connect")), FAMILY.settings)
    genotype = Genotype(("nor_conv_1x1", "skip_connect") * 3)
    variables = variables_of(small, 7)
    assert variables["params"]["stage0"]["edges"]["Conv_0"]["kernel"].shape == (2, len(EDGES), 1, 1, 3, 3)
    ours = quick_jit(lambda given: step(small.network, given, small.encode(genotype)))(variables)
    plain = quick_jit(lambda given: step(small.plain(genotype), given))(small.specialize(variables, genotype))
    assert_close(ours[0], plain[0], 1e-5)
    assert_close(ours[3], plain[3], 1e-5)


@pytest.mark.parametrize("branch_free", [False, True])
def test_a_space_without_convolutions(branch_free: bool) -> None:
    settings = dataclasses.replace(FAMILY.settings, branch_free=branch_free)
    family = NasBench201Family(NasBench201Space(operations=("avg_pool_3x3", "none")), settings)
    genotype = Genotype(("avg_pool_3x3", "none", "avg_pool_3x3") * 2)
    variables = variables_of(family, 8)
    ours = quick_jit(lambda given: step(family.network, given, family.encode(genotype)))(variables)
    plain = quick_jit(lambda given: step(family.plain(genotype), given))(family.specialize(variables, genotype))
    assert_close(ours[0], plain[0], 1e-5)
    assert_close(family.specialize({"params": ours[2]}, genotype)["params"], plain[2], 1e-4)
