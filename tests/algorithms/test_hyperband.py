"""Hyperband's brackets against both published tables, and the rungs of a search against the table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from toy_search import LARGE, made_up, often_failing, run

from econas_jax.algorithms import Hyperband, HyperbandConfig
from econas_jax.errors import InputError

# Li et al., JMLR 2018: R = 81, eta = 3. (candidates, epochs) of every rung, by the formula and as in the paper's table.
FORMULA = (
    ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81)),
    ((34, 3), (11, 9), (3, 27), (1, 81)),
    ((15, 9), (5, 27), (1, 81)),
    ((8, 27), (2, 81)),
    ((5, 81),),
)
TABLE = (
    ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81)),
    ((27, 3), (9, 9), (3, 27), (1, 81)),
    ((9, 9), (3, 27), (1, 81)),
    ((6, 27), (2, 81)),
    ((5, 81),),
)


@pytest.mark.parametrize(
    ("rounding", "brackets", "candidates", "continued", "from_scratch"),
    [("ceil", FORMULA, 143, 1_581, 1_902), ("floor", TABLE, 128, 1_404, 1_701)],
)
def test_both_published_tables(
    rounding: Any, brackets: tuple[Any, ...], candidates: int, continued: int, from_scratch: int
) -> None:
    config = HyperbandConfig(maximum_epochs=81, eta=3, rounding=rounding, repetitions=1)
    assert config.brackets == brackets
    assert sum(bracket[0].size for bracket in config.brackets) == candidates
    assert sum(rung.size * rung.epochs for bracket in config.brackets for rung in bracket) == from_scratch
    trials = [trial for _, batch, _ in run(Hyperband(LARGE, config, 0), made_up) for trial in batch]
    assert sum(trial.start_epoch == 0 for trial in trials) == candidates
    assert sum(trial.end_epoch - trial.start_epoch for trial in trials) == continued
    assert len(trials) == config.stages


def test_the_first_rungs_of_27_epochs() -> None:
    config = HyperbandConfig(maximum_epochs=27, eta=3)
    assert [bracket[0] for bracket in config.brackets] == [(27, 1), (12, 3), (6, 9), (4, 27)]


@pytest.mark.parametrize(("eta", "epochs", "rungs"), [(3, 243, 6), (3, 242, 5), (10, 1000, 4), (2, 1, 1), (5, 125, 4)])
def test_powers_are_exact(eta: int, epochs: int, rungs: int) -> None:
    """log(243) / log(3) is 4.999..., and log(1000) / log(10) is 2.999..."""
    first = HyperbandConfig(maximum_epochs=epochs, eta=eta).brackets[0]
    assert len(first) == rungs
    assert (first[0].epochs, first[-1].size, first[-1].epochs) == (epochs // eta ** (rungs - 1), 1, epochs)


def test_epochs_that_are_no_power_are_rounded_down_alike_in_all_brackets() -> None:
    config = HyperbandConfig(maximum_epochs=60, eta=3)
    assert [[rung.epochs for rung in bracket] for bracket in config.brackets] == [
        [2, 6, 20, 60],
        [6, 20, 60],
        [20, 60],
        [60],
    ]


def test_the_best_of_a_rung_go_on_and_nobody_else() -> None:
    config = HyperbandConfig(maximum_epochs=9, eta=3, repetitions=2)
    sizes = [(rung.size, place) for bracket in config.brackets for place, rung in enumerate(bracket)] * 2
    before: list[tuple[float, int]] = []
    promotions = Counter[int]()
    for (size, place), (_, trials, _) in zip(sizes, run(Hyperband(LARGE, config, 3), often_failing), strict=True):
        if place == 0:
            assert len(trials) == size
        else:
            expected = [candidate for _, candidate in sorted(before)[:size]]
            assert [trial.candidate for trial in trials] == expected
            promotions.update(expected)
        outcomes = [(often_failing(trial.genotype, trial.end_epoch), trial.candidate) for trial in trials]
        before = [(-value, candidate) for value, candidate in outcomes if value is not None and 0 < value < 1]
    assert max(promotions.values()) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("maximum_epochs", 0), ("maximum_epochs", 2.5), ("eta", 1), ("eta", True), ("rounding", "round")]
    + [("repetitions", 0), ("skip_repeats", 1), ("max_parameters", 0), ("max_multiply_adds", 1.5)],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        HyperbandConfig(**{field: value})
    assert caught.value.field == field
