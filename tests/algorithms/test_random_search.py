"""Random search: what it draws depends on nothing but the seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_search import LARGE, TINY, always_failing, last_state, made_up, run

from econas_jax.algorithms import RandomSearch, RandomSearchConfig
from econas_jax.errors import InputError

CONFIG = RandomSearchConfig(candidates=16, batch=4, epochs=6)


def test_candidates_are_the_spaces_samples_whatever_they_achieve() -> None:
    algorithm = RandomSearch(LARGE, replace(CONFIG, skip_repeats=False), seed=3)
    expected = [LARGE.sample(np.random.default_rng([3, round_, index])) for round_ in range(4) for index in range(4)]
    for accuracy in (made_up, always_failing):
        trials = [trial for _, batch, _ in run(algorithm, accuracy) for trial in batch]
        assert [trial.genotype for trial in trials] == expected
        assert {(trial.parent, trial.start_epoch, trial.end_epoch) for trial in trials} == {(None, 0, 6)}


def test_a_small_space_is_searched_through() -> None:
    algorithm = RandomSearch(TINY, CONFIG, seed=0)
    state = last_state(algorithm, made_up)
    assert len(state.seen) == TINY.size() == 16
    everything = [TINY.genotype([a, b, c, d]) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)]
    assert algorithm.best(state, 1)[0].accuracy == max(made_up(genotype, 6) for genotype in everything)
    (group,) = algorithm.groups(state)
    assert [member.candidate for member in group.members] == list(range(16))


@pytest.mark.parametrize(
    ("field", "value"),
    [("candidates", 0), ("candidates", 10.5), ("batch", 0), ("batch", 2.5), ("epochs", 0), ("skip_repeats", 1)],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        RandomSearchConfig(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(("candidates", "batch", "trained"), [(1000, 7, 1001), (50, 20, 60), (1, 20, 20), (60, 20, 60)])
def test_batches_are_whole(candidates: int, batch: int, trained: int) -> None:
    config = RandomSearchConfig(candidates=candidates, batch=batch)
    assert (config.candidates, config.stages, (config.rounds + 1) * batch) == (trained,) * 3
