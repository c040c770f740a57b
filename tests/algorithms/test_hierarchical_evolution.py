"""AmoebaNet's evolution with the hierarchical proxy: ages, promotions, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_search import LARGE, made_up, make_member, often_failing, run

from econas_jax.algorithms import HierarchicalEvolution, HierarchicalEvolutionConfig, RegularizedEvolution
from econas_jax.algorithms.hierarchical_evolution import longest_trained_winner
from econas_jax.errors import InputError

CONFIG = HierarchicalEvolutionConfig(
    population=8, sample=3, candidates=8 + 40, batch=4, epochs=10, promotions_to_2e=2, promotions_to_3e=1
)


def test_rounds_are_children_then_both_promotions() -> None:
    batches = [trials for _, trials, _ in run(HierarchicalEvolution(LARGE, CONFIG, 0), made_up)]
    assert [len(trials) for trials in batches] == [8] + [4, 2, 1] * 10
    assert [trials[0].end_epoch for trials in batches] == [10] + [10, 20, 30] * 10
    assert sum(map(len, batches)) == CONFIG.stages and len(batches) - 1 == CONFIG.rounds


@pytest.mark.parametrize("accuracy", [made_up, often_failing])
def test_members_die_of_age_alone_and_the_best_that_live_go_on(accuracy: Any) -> None:
    queue: list[int] = []  # the population, oldest first
    reached: dict[int, tuple[int, float]] = {}  # epochs and accuracy of those that have not failed
    algorithm = HierarchicalEvolution(LARGE, CONFIG, 1)
    for asked, trials, told in run(algorithm, accuracy):
        step = (asked.round - 1) % 3
        if asked.round > 0 and step > 0:
            eligible = sorted((-reached[c][1], c) for c in queue if reached[c][0] == 10 * step)
            assert [trial.candidate for trial in trials] == [c for _, c in eligible][: (2, 1)[step - 1]]
        for trial in trials:
            value = accuracy(trial.genotype, trial.end_epoch)
            reached.pop(trial.candidate, None)
            if value is not None and 0 < value < 1:
                reached[trial.candidate] = (trial.end_epoch, value)
                queue += [trial.candidate] * (trial.start_epoch == 0)
            elif trial.candidate in queue:
                queue.remove(trial.candidate)
        while len(queue) > 8:
            queue.pop(0)
        assert list(told.population) == queue


def test_without_promotions_it_is_regularized_evolution() -> None:
    config = replace(CONFIG, promotions_to_2e=0, promotions_to_3e=0, sample=2)
    ours = [str(t.genotype) for _, trials, _ in run(HierarchicalEvolution(LARGE, config, 0), made_up) for t in trials]
    assert len(ours) == 48
    plain = RegularizedEvolution(LARGE, config, 0)
    theirs = [str(t.genotype) for _, trials, _ in run(plain, made_up) for t in trials]
    assert ours[:12] == theirs[:12]  # then rounds are numbered otherwise, and with them the generators


def test_the_longest_trained_of_a_sample_win() -> None:
    members = [make_member(0, 0.9, epochs=10), make_member(1, 0.6, epochs=20), make_member(2, 0.7, epochs=20)]
    rng = np.random.default_rng(0)
    winners = [longest_trained_winner(members, 2, rng).candidate for _ in range(900)]
    # Of two draws: 2 wins if it is among them, 1 if it is and 2 is not, 0 if both draws are 0.
    shares = [winners.count(candidate) / 900 for candidate in range(3)]
    assert shares == pytest.approx([1 / 9, 3 / 9, 5 / 9], abs=0.08)  # five standard deviations


@pytest.mark.parametrize(
    ("field", "value"),
    [("promotions_to_2e", 17), ("promotions_to_2e", -1), ("promotions_to_3e", 9), ("population", 0), ("sample", 0)],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        HierarchicalEvolutionConfig(**{field: value})
    assert caught.value.field == field
