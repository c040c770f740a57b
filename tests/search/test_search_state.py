"""A search's state as a commit's fields and arrays, and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from sample_records import DIVERGED, ROUND, STAGE
from toy_search import LARGE, SMALL, made_up, run

from econas_jax.algorithms import (
    Algorithm,
    EcoNAS,
    RandomSearch,
    RandomSearchConfig,
    RegularizedEvolution,
    RegularizedEvolutionConfig,
    Result,
)
from econas_jax.errors import InputError
from econas_jax.search.state import SearchState, from_commit, restored, to_commit

SIZE = 7  # values of a candidate's state
EVOLUTION = RegularizedEvolutionConfig(population=4, sample=2, candidates=12, batch=4, epochs=6)
ALGORITHMS: list[Algorithm[Any]] = [
    EcoNAS(LARGE, SMALL, seed=0),
    RegularizedEvolution(LARGE, EVOLUTION, seed=0),
    RandomSearch(LARGE, RandomSearchConfig(candidates=12, batch=4, epochs=6), seed=0),
]


def full_state(algorithm: Algorithm[Any]) -> SearchState:
    """In the middle of a toy search, with pending trials, some of them answered."""
    asked = [asked for asked, _, _ in run(algorithm, made_up)][2]
    assert asked.pending
    vectors = np.random.default_rng(0).normal(size=(3, SIZE)).astype(np.float32)
    vectors[1, :3] = [np.nan, -0.0, 1e-45]
    return SearchState(
        algorithm=asked,
        answered=(Result(3, 0.1 + 0.2), Result(5, None)),
        stages=(STAGE, DIVERGED),
        early=(dataclasses.replace(STAGE, candidate=5),),
        rounds=(ROUND,),
        seconds=12.345678901234567,
        living={11: vectors[0], 2: vectors[1], 7: vectors[2]},
        kept={(2, 12): vectors[1], (4, 18): vectors[0] + 1},
    )


def assert_same(ours: SearchState, others: SearchState) -> None:
    bare = [dataclasses.replace(state, living={}, kept={}) for state in (ours, others)]
    assert bare[0] == bare[1]
    assert (list(ours.living), list(ours.kept)) == (list(others.living), list(others.kept))
    theirs = [*others.living.values(), *others.kept.values()]
    for vector, other in zip([*ours.living.values(), *ours.kept.values()], theirs, strict=True):
        other = np.asarray(other)
        assert other.dtype == np.float32 and other.tobytes() == np.asarray(vector).tobytes()


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: type(algorithm).__name__)
def test_a_state_comes_back_equal(algorithm: Algorithm[Any]) -> None:
    state = full_state(algorithm)
    fields, arrays = to_commit(state, algorithm)
    text = json.dumps(fields, allow_nan=False)
    assert json.loads(text)["living"] == [11, 2, 7] and arrays["vectors"].shape == (3, SIZE)
    assert json.loads(text)["kept"] == [[2, 12], [4, 18]] and arrays["kept"].shape == (2, SIZE)
    assert_same(from_commit(json.loads(text), arrays, algorithm), state)


def test_without_living_candidates_there_are_no_arrays() -> None:
    state = dataclasses.replace(full_state(ALGORITHMS[0]), living={}, kept={})
    fields, arrays = to_commit(state, ALGORITHMS[0])
    assert arrays == {}
    assert_same(from_commit(fields, {}, ALGORITHMS[0]), state)


def test_a_commit_from_before_states_were_kept_keeps_none() -> None:
    state = full_state(ALGORITHMS[0])
    fields, arrays = to_commit(state, ALGORITHMS[0])
    del fields["kept"], arrays["kept"]
    assert_same(from_commit(fields, arrays, ALGORITHMS[0]), dataclasses.replace(state, kept={}))


@pytest.mark.parametrize("which", ["living", "kept"])
def test_states_of_another_length_are_refused(which: str) -> None:
    other: Any = {which: {}}
    fields, arrays = to_commit(dataclasses.replace(full_state(ALGORITHMS[0]), **other), ALGORITHMS[0])
    assert restored(fields, arrays, ALGORITHMS[0], SIZE).seconds == fields["seconds"]
    with pytest.raises(InputError, match=r"^workdir's training states = 7: expected 8 values a candidate$"):
        restored(fields, arrays, ALGORITHMS[0], SIZE + 1)


def test_a_living_state_keeps_no_other_in_memory() -> None:
    fields, arrays = to_commit(full_state(ALGORITHMS[0]), ALGORITHMS[0])
    again = from_commit(fields, arrays, ALGORITHMS[0])
    vectors = (*again.living.values(), *again.kept.values())
    assert all(np.asarray(vector).base is None for vector in vectors)


@pytest.mark.parametrize("missing", ["algorithm", "answered", "stages", "early", "rounds", "seconds", "living"])
def test_a_commit_that_lacks_a_field_is_refused(missing: str) -> None:
    fields, arrays = to_commit(full_state(ALGORITHMS[0]), ALGORITHMS[0])
    del fields[missing]
    with pytest.raises(KeyError):
        from_commit(fields, arrays, ALGORITHMS[0])


def test_living_candidates_that_are_not_those_of_the_arrays_are_refused() -> None:
    fields, arrays = to_commit(full_state(ALGORITHMS[0]), ALGORITHMS[0])
    with pytest.raises(ValueError, match="zip"):
        from_commit({**fields, "living": [1, 2]}, arrays, ALGORITHMS[0])
