"""Successive halving: the sizes of its rungs, and who is in them."""

from __future__ import annotations

from typing import Any

import pytest
from toy_search import LARGE, always_failing, made_up, run

from econas_jax.algorithms import SuccessiveHalving, SuccessiveHalvingConfig
from econas_jax.errors import InputError


@pytest.mark.parametrize(
    ("fields", "rungs"),
    [
        ((81, 3, 5, 81), [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]),
        ((81, 3, 3, 60), [(81, 6), (27, 20), (9, 60)]),
        ((100, 3, 5, 81), [(100, 1), (33, 3), (11, 9), (3, 27), (1, 81)]),  # of the first number, not of the last
        ((53, 2, 4, 8), [(53, 1), (26, 2), (13, 4), (6, 8)]),
        ((7, 4, 1, 5), [(7, 5)]),
    ],
)
def test_sizes_and_epochs_of_the_rungs(fields: tuple[int, int, int, int], rungs: list[tuple[int, int]]) -> None:
    candidates, eta, count, epochs = fields
    config = SuccessiveHalvingConfig(candidates=candidates, eta=eta, rungs=count, maximum_epochs=epochs, repetitions=2)
    assert list(config.brackets[0]) == rungs
    batches = [trials for _, trials, _ in run(SuccessiveHalving(LARGE, config, 0), made_up)]
    assert [(len(trials), trials[0].end_epoch) for trials in batches] == 2 * rungs
    assert config.stages == sum(map(len, batches)) and config.rounds == len(batches) - 1


def test_the_survivor_is_the_best_where_accuracies_only_depend_on_the_genotype() -> None:
    config = SuccessiveHalvingConfig(candidates=27, rungs=4, maximum_epochs=27, repetitions=1)
    algorithm = SuccessiveHalving(LARGE, config, 0)
    *_, (_, _, state) = run(algorithm, lambda genotype, epochs: made_up(genotype, 5))
    everybody = [member for group in algorithm.groups(state) for member in group.members]
    assert len(everybody) == 27
    (survivor,) = algorithm.groups(state)[-1].members
    assert survivor.accuracy == max(member.accuracy for member in everybody)


def test_rungs_after_nobody_is_left_are_empty() -> None:
    config = SuccessiveHalvingConfig(candidates=9, rungs=2, maximum_epochs=6, repetitions=2)
    assert [len(trials) for _, trials, _ in run(SuccessiveHalving(LARGE, config, 0), always_failing)] == [9, 0, 9, 0]


@pytest.mark.parametrize(
    ("field", "value"),
    [("candidates", 8), ("candidates", 9.0), ("eta", 1), ("rungs", 0), ("rungs", 5), ("rungs", 10**9)]
    + [("maximum_epochs", 0), ("repetitions", 0), ("skip_repeats", None)],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        SuccessiveHalvingConfig(**{field: value})
    assert caught.value.field == field
