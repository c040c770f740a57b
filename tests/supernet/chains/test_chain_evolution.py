"""The samples and the evolution of Single Path One-Shot, on costs and made-up accuracies."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.chain import Path, mbconv_space, shufflenet_space
from econas_jax.supernet.chains import BinSampler, Evolution, evolve, multiply_add_table

SPACE = shufflenet_space()
TABLE = multiply_add_table(SPACE, 224, 1000)


def test_bins_of_multiply_adds_are_drawn_equally_often() -> None:
    sampler, rng = BinSampler(SPACE, TABLE), np.random.default_rng(0)
    edges = np.linspace(290e6, 360e6, 8)
    paths = jax.jit(jax.vmap(sampler.sample))(jax.random.split(jax.random.key(0), 210))
    counts = np.histogram([TABLE.of(tuple(path)) for path in paths.tolist()], bins=edges)[0]
    assert counts.sum() == 210
    assert np.sum((counts - 30) ** 2 / 30) < 22.5  # chi-square, 6 degrees of freedom: 1 in 1000
    uniform = np.histogram([TABLE.of(SPACE.sample(rng)) for _ in range(210)], bins=edges)[0]
    assert uniform[0] < 15 and uniform[3] > 45  # drawn without bins, most paths are of middling cost


def test_bins_that_no_path_lies_in_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        BinSampler(SPACE, TABLE, low=400e6, high=500e6)
    assert caught.value.field == "low, high"


def accuracies(paths: Sequence[Path]) -> list[float]:
    """The best path is all xception, the dearest."""
    return [sum(number == 3 for number in path) / 20 for path in paths]


def test_evolution_climbs_below_its_limit_and_judges_no_path_twice() -> None:
    evolution = Evolution(members=20, generations=8, parents=5, mutations=8, crossovers=8, limit=330e6)
    generations: list[list[Path]] = []

    def judge(paths: Sequence[Path]) -> list[float]:
        generations.append(list(paths))
        return accuracies(paths)

    ranked = evolve(SPACE, TABLE, judge, evolution, seed=1)
    assert [len(paths) for paths in generations] == [20] * 8
    assert len({one.path for one in ranked}) == len(ranked) == 160
    assert all(TABLE.of(one.path) <= 330e6 for one in ranked)
    assert [one.accuracy for one in ranked] == sorted((one.accuracy for one in ranked), reverse=True)
    best = [max(accuracies(paths)) for paths in generations]
    assert ranked[0].accuracy == max(best) > best[0]
    at_random = [path for seed in range(160) for path in [SPACE.sample(np.random.default_rng(seed))]]
    assert ranked[0].accuracy > max(accuracies([path for path in at_random if TABLE.of(path) <= 330e6]))
    assert evolve(SPACE, TABLE, accuracies, evolution, seed=1) == ranked


def test_mutants_and_crossings_come_from_the_best_of_all_generations() -> None:
    evolution = Evolution(members=4, generations=2, parents=2, mutations=0, crossovers=4, limit=None)
    generations: list[Sequence[Path]] = []

    def judge(paths: Sequence[Path]) -> list[float]:
        generations.append(paths)
        return accuracies(paths)

    evolve(SPACE, TABLE, judge, evolution, seed=2)
    parents = sorted(generations[0], key=lambda path: -accuracies([path])[0])[:2]
    for child in generations[1]:
        assert all(number in options for number, *options in zip(child, *parents, strict=True))


def test_a_small_space_is_judged_whole() -> None:
    small = mbconv_space(0.125, widths=(64,), depths=(2,), strides=(2,))
    evolution = Evolution(members=30, generations=5, parents=3, mutations=5, crossovers=5, limit=None)
    ranked = evolve(small, multiply_add_table(small, 16, 10), lambda paths: [0.5] * len(paths), evolution, seed=0)
    assert len(ranked) == small.size == 42


def test_a_limit_below_every_path_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        evolve(SPACE, TABLE, accuracies, Evolution(limit=200e6), seed=0)
    assert caught.value.field == "limit"
    with pytest.raises(InputError) as caught:
        Evolution(members=10, mutations=6, crossovers=5)
    assert caught.value.field == "mutations"
