"""A candidate's state as one flat vector and back, without losing a bit."""

from __future__ import annotations

import jax
import numpy as np
import optax

from econas_jax.training import TrainState
from econas_jax.training.state import from_vectors, to_vectors, vector_size

SHAPES = {"kernel": (2, 3), "scale": (), "bias": (5,)}


def random_states(candidates: int) -> TrainState:
    rng = np.random.default_rng(0)
    trees = [
        {name: rng.normal(size=(candidates, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
        for _ in range(3)
    ]
    return TrainState(trees[0], trees[1], (optax.EmptyState(), optax.TraceState(trees[2])))


def template() -> TrainState:
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), random_states(1))


def test_a_vector_holds_all_values_of_its_candidate_alone() -> None:
    states = random_states(4)
    vectors = to_vectors(states)
    assert vectors.shape == (4, 3 * 12) and vectors.dtype == np.float32
    for candidate in range(4):
        own = [np.ravel(leaf[candidate]) for leaf in jax.tree.leaves(states)]
        assert sorted(vectors[candidate]) == sorted(np.concatenate(own))


def test_there_and_back_is_the_identity_bit_for_bit() -> None:
    states = random_states(4)
    back = from_vectors(to_vectors(states), template())
    assert str(jax.tree.structure(back)) == str(jax.tree.structure(states))
    for was, is_now in zip(jax.tree.leaves(states), jax.tree.leaves(back), strict=True):
        assert was.shape == is_now.shape and is_now.dtype == np.float32
        assert was.tobytes() == np.ascontiguousarray(is_now).tobytes()


def test_special_values_survive() -> None:
    vectors = to_vectors(random_states(1))
    vectors[0, :4] = [np.nan, -0.0, np.inf, 1e-45]
    assert to_vectors(from_vectors(vectors, template())).tobytes() == vectors.tobytes()


def test_the_size_is_known_beforehand() -> None:
    assert vector_size(template()) == 36
