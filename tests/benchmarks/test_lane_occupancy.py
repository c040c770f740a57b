"""The benchmark of lane occupancy counts what the real loop trains, by hand on a small search."""

from __future__ import annotations

from benchmarks.searches.lane_occupancy import occupancy
from econas_jax.algorithms import EcoNASConfig
from econas_jax.search import SearchConfig

CONFIG = SearchConfig(search=EcoNASConfig(initial_population=8, cycles=4, children=4, epochs=2))


def test_without_a_lag_a_cycle_takes_three_waves() -> None:
    found = occupancy(CONFIG, devices=1, lag=0, lanes=4)
    assert (found["stages"], found["waves"], found["time"]) == (8 + 4 * 7, 2 + 4 * 3, 2 * (2 + 4 * 3))
    assert found["share_of_lane_time"] == round(36 / 56, 4)
    assert found["share_before_the_end"] == round(35 / 52, 4)  # without the last wave, of one candidate


def test_with_a_lag_waves_mix_rungs() -> None:
    """24 candidates for E epochs, 3 times 2 of them for 2E and 1 for 3E: all full waves of four but for the last."""
    found = occupancy(CONFIG, devices=1, lag=1, lanes=4)
    assert found["stages"] == 8 + 4 * 4 + 3 * 2 + 1
    assert (found["waves"], found["share_of_lane_time"]) == (8, round(31 / 32, 4))
