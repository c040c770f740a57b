"""Networks that compute in bfloat16: near those of float32, with float32 variables, gradients and logits; they learn.

Where a ReLU or a maximum is near its kink, rounding decides which way a gradient goes, in bfloat16 often: values of
whole networks are near those of float32, but gradients up to half of their norm away. So here biases keep what goes
into a ReLU positive, and there are no max pools: the networks are smooth, and what is left is rounding.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import deque
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import Tree, quick_jit, random_cell, random_images, random_variables, shapes_of
from tiny_search import CONFIG, dataset, genotypes, search_task, shared_trainer

from econas_jax.data import training_subset
from econas_jax.nn import CellNetwork, ComputeDtype, SearchNetwork, specialize
from econas_jax.nn.darts.auxiliary import AuxiliaryHead
from econas_jax.spaces.darts.genotype import OPERATIONS, SEARCH_OPERATIONS, Genotype
from econas_jax.spaces.darts.macro_net import Stem
from econas_jax.training import Job, job

BATCH = 32
TOLERANCES = {"logits": 0.005, "statistics": 0.005, "gradients": 0.06}  # of their norms
SEARCH = SearchNetwork(3, 1, num_classes=3, nodes=3)
SMOOTH = tuple(name for name in OPERATIONS if name != "max_pool_3x3")


def smooth_genotype(seed: int, *, nodes: int = 3, operations: tuple[str, ...] = SMOOTH) -> Genotype:
    rng = np.random.default_rng(seed)
    return Genotype(*(random_cell(rng, nodes=nodes, concat=nodes - 1, operations=operations) for _ in range(2)))


def smooth(variables: Tree) -> Tree:
    def shift(path: tuple[Any, ...], leaf: Any) -> Any:
        return leaf + 3 if path[-1].key == "bias" else leaf

    return {**variables, "params": jax.tree_util.tree_map_with_path(shift, variables["params"])}


def outcome(network: Any, images: Any, variables: Tree, *genotype: Any) -> dict[str, Any]:
    """In training mode: logits, new statistics, and gradients of a weighted sum of the logits."""

    def loss(parameters: Tree) -> Any:
        given = {**variables, "params": parameters}
        logits, new = network.apply(given, images, *genotype, train=True, mutable=["batch_stats"])
        total = sum(
            jnp.sum(jnp.cos(jnp.arange(part.size)).reshape(part.shape) * part) for part in jax.tree.leaves(logits)
        )
        return total, (logits, new)

    gradients, (logits, new) = jax.grad(loss, has_aux=True)(variables["params"])
    return {"logits": logits, "statistics": new, "gradients": gradients}


def check_near(ours: dict[str, Any], exact: dict[str, Any]) -> None:
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(ours))
    for name, tolerance in TOLERANCES.items():
        flat, expected = (
            np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree[name])]) for tree in (ours, exact)
        )
        error = np.linalg.norm(flat - expected) / np.linalg.norm(expected)
        assert 1e-5 < error < tolerance, (name, error)  # not nothing: it was rounded


@pytest.mark.slow
def test_search_network() -> None:
    """Maps of 12 pixels by shifts, of 6 and 3 by matrices; with branches and without, near the plain network."""
    images = random_images(BATCH, 12, seed=0)
    genotype = smooth_genotype(0, operations=tuple(name for name in SMOOTH if name in SEARCH_OPERATIONS))
    variables = smooth(random_variables(shapes_of(SEARCH, 12, genotype), seed=0))
    plain = quick_jit(functools.partial(outcome, CellNetwork(genotype, 3, 1, num_classes=3), images))
    exact = plain(specialize(variables, genotype))
    for branch_free in (False, True):
        network = dataclasses.replace(SEARCH, branch_free=branch_free, compute_dtype="bfloat16")
        found = quick_jit(functools.partial(outcome, network, images))(variables, genotype.encode())
        assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(found))
        of_genotype = specialize({"params": found["gradients"], **found["statistics"]}, genotype)
        ours = {"gradients": of_genotype["params"], "statistics": {"batch_stats": of_genotype["batch_stats"]}}
        check_near({"logits": found["logits"], **ours}, exact)


def test_cell_network() -> None:
    plain, images = CellNetwork(smooth_genotype(0), 3, 1, num_classes=3), random_images(BATCH, 12, seed=0)
    variables = smooth(random_variables(shapes_of(plain, 12), seed=1))
    networks = [dataclasses.replace(plain, compute_dtype=dtype) for dtype in ("bfloat16", "float32")]
    check_near(*(quick_jit(functools.partial(outcome, network, images))(variables) for network in networks))


@pytest.mark.parametrize(("stem", "size"), [("cifar", 8), ("imagenet", 7)])
def test_auxiliary_head(stem: Stem, size: int) -> None:
    head = AuxiliaryHead(num_classes=3, stem=stem)
    x = jnp.asarray(np.random.default_rng(0).standard_normal((BATCH, size, size, 4)), jnp.bfloat16)
    variables = head.init(jax.random.key(0), x, train=True)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(variables))
    ours, exact = (
        head.apply(variables, given, train=True, mutable=["batch_stats"])[0] for given in (x, x.astype(jnp.float32))
    )
    assert ours.dtype == jnp.float32
    assert 1e-5 < np.linalg.norm(ours - exact) / np.linalg.norm(exact) < 0.02


def test_dropped_paths_and_auxiliary_logits_keep_their_types() -> None:
    """In training; a probability is float32 data, which would spread."""
    network = CellNetwork(smooth_genotype(0), 2, 1, num_classes=3, auxiliary=True, compute_dtype="bfloat16")

    def run(probability: jax.Array) -> Any:
        images, keys = jnp.zeros((2, 32, 32, 3)), {"params": jax.random.key(0), "drop_path": jax.random.key(1)}
        return network.init_with_output(keys, images, train=True, drop_path_probability=probability)

    program = jax.make_jaxpr(run)(jnp.float32(0.5))
    assert all(value.dtype == jnp.float32 for value in program.out_avals)
    convolutions = [line for line in str(program).splitlines() if "conv_general_dilated[" in line]
    assert convolutions and all("bf16[" in line for line in convolutions)


def products(compute_dtype: ComputeDtype) -> list[str]:
    """The lines of the search network's program that multiply matrices."""
    network = dataclasses.replace(SEARCH, branch_free=True, compute_dtype=compute_dtype)
    genotype = smooth_genotype(0, operations=SEARCH_OPERATIONS)
    variables = random_variables(shapes_of(network, 12, genotype), 0)
    program = jax.make_jaxpr(
        lambda variables, genotype: network.apply(variables, random_images(2, 12, 0), genotype, train=False)
    )(variables, genotype.encode())
    return [line for line in str(program).splitlines() if "dot_general[" in line]


def test_products_are_bfloat16_if_asked_for_but_for_the_classifiers() -> None:
    assert not any("bf16" in line for line in products("float32"))
    assert sum("bf16" not in line for line in products("bfloat16")) == 1


@pytest.mark.slow
def test_candidates_in_lanes_learn_from_float32_states() -> None:
    task = search_task(branch_free=True)
    task = dataclasses.replace(task, network=dataclasses.replace(task.network, compute_dtype="bfloat16"))  # type: ignore[type-var]
    train = training_subset(dataset(), 0.3, CONFIG.seed)  # enough that what is learnt is more than noise
    trainer = shared_trainer(task, train, dataset().validation, jax.devices()[:1], lanes=2)
    losses: list[Any] = []
    states: list[Any] = [None, None]
    for epoch in range(4):
        jobs = [Job(lane, genotypes(2)[lane].encode(), epoch, epoch + 1, states[lane]) for lane in range(2)]
        outcomes = sorted(job.outcomes(trainer.train(deque(jobs))), key=lambda outcome: outcome.candidate)
        states = [outcome.state for outcome in outcomes]
        losses.append([outcome.train_loss for outcome in outcomes])
        assert all(state is not None and state.dtype == np.float32 for state in states)
    assert np.all(np.array(losses[-1]) < 0.9 * np.array(losses[0])), losses
