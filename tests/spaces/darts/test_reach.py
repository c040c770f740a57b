"""Whether an image reaches the output: against every path followed one by one, and against a network that computes."""

from __future__ import annotations

from itertools import product

import jax
import numpy as np
import pytest

from econas_jax.nn.darts.family import DartsFamily
from econas_jax.nn.network import NetworkSettings
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.macro_net import walk
from econas_jax.spaces.darts.reach import inputs_that_matter, sees_image

NONE, SKIP = "none", "skip_connect"


def cell(*operations: str, concat: tuple[int, ...] = (4,)) -> CellGenotype:
    """Three nodes, each of which reads what the DARTS skeleton's first inputs are: 0, 1; 0, 2; 1, 3."""
    return CellGenotype(tuple(map(Edge, operations, (0, 1, 0, 2, 1, 3))), concat)


BOTH = cell(SKIP, SKIP, NONE, SKIP, NONE, SKIP)
FIRST = cell(SKIP, NONE, NONE, SKIP, NONE, SKIP)
SECOND = cell(NONE, SKIP, NONE, SKIP, NONE, SKIP)
NEITHER = cell(SKIP, SKIP, NONE, NONE, NONE, SKIP)
CELLS = {frozenset((0, 1)): BOTH, frozenset((0,)): FIRST, frozenset((1,)): SECOND, frozenset[int](): NEITHER}


def test_inputs_of_cells() -> None:
    for inputs, made in CELLS.items():
        assert inputs_that_matter(made) == inputs
    assert inputs_that_matter(cell(SKIP, SKIP, NONE, NONE, NONE, NONE, concat=(2, 4))) == {0, 1}


def follow(genotype: Genotype, cells_per_stage: int) -> bool:
    """Follows paths back from the last cell, with a cell's own paths counted edge by edge."""
    places = walk(1, cells_per_stage)

    def into_cell(made: CellGenotype, node: int) -> set[int]:
        if node < 2:
            return {node}
        pair = made.edges[2 * (node - 2) : 2 * (node - 1)]
        return {source for edge in pair if edge.operation != NONE for source in into_cell(made, edge.input)}

    def from_stem(position: int) -> bool:
        if position < 0:
            return True
        made = genotype.reduce if places[position].reduction else genotype.normal
        sources = {source for node in made.concat for source in into_cell(made, node)}
        return any(from_stem(position - 2 + source) for source in sources)

    return from_stem(len(places) - 1)


@pytest.mark.parametrize("cells_per_stage", [1, 2, 3])
def test_agrees_with_paths_followed_one_by_one(cells_per_stage: int) -> None:
    kinds = [Genotype(normal, reduce) for normal, reduce in product(CELLS.values(), repeat=2)]
    space = DartsSpace(operations=(NONE, SKIP))
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(200)]
    answers = {sees_image(genotype, cells_per_stage) for genotype in drawn}
    assert answers == {True, False}
    for genotype in (*kinds, *drawn):
        assert sees_image(genotype, cells_per_stage) == follow(genotype, cells_per_stage)


def test_what_passes_by_the_reductions_depends_on_the_depth() -> None:
    """Cells that read every second cell step over both reductions with N = 1, and meet one with N = 2."""
    genotype = Genotype(FIRST, NEITHER)
    assert sees_image(genotype, 1) and not sees_image(genotype, 2)


def test_three_in_a_thousand_normal_cells_read_neither_input() -> None:
    rng = np.random.default_rng(0)
    blind = sum(not inputs_that_matter(DartsSpace().sample(rng).normal) for _ in range(5_000))
    assert 5 <= blind <= 27  # 15 expected; three standard deviations


@pytest.mark.slow
@pytest.mark.parametrize(
    "genotype",
    [Genotype(FIRST, NEITHER), Genotype(BOTH, NEITHER), Genotype(SECOND, NEITHER), Genotype(NEITHER, BOTH)],
    ids=["passes by", "both", "through the reductions", "no normal cell"],
)
def test_a_network_computes_a_constant_if_and_only_if_it_is_blind(genotype: Genotype) -> None:
    settings = NetworkSettings(channels=2, resolution=8, cells_per_stage=1, num_classes=3)
    network = DartsFamily(DartsSpace(nodes=3), settings).plain(genotype)
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype(np.float32)
    with jax.disable_jit():
        variables = network.init(jax.random.key(0), images, train=False)
        logits, _ = network.apply(variables, images, train=True, mutable=["batch_stats"])
    same = bool((np.asarray(logits) == np.asarray(logits)[0]).all())
    assert same is not sees_image(genotype, 1)
