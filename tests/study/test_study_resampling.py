"""The bootstrap: resamples sum up, and the coefficients of resamples are those of the definitions and of scipy."""

from __future__ import annotations

import json
import tracemalloc

import naive_resampling
import numpy as np
import pytest
import scipy.stats

from benchmarks.common.paths import RESULTS
from econas_jax.study import analyse, read_table
from econas_jax.study.inversions import Inversions
from econas_jax.study.resampling import Resampled, resample, resampled_coefficients
from econas_jax.study.weighted_ranks import Draws


def lists(seed: int, networks: int, values: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Two lists that agree in part; values: how many different ones there are at most, None: all differ."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=networks)
    y = x + rng.normal(size=networks)
    if values is None:
        return x, y
    return np.floor(x * values / 4), np.floor(y * values / 4)


def counts(networks: int, resamples: int, seed: int) -> np.ndarray:
    """All resamples in one array, as the naive formulas take them."""
    return np.concatenate(list(resample(networks, resamples, seed)), axis=1).T.astype(float)


def coefficients(x: np.ndarray, y: np.ndarray, resamples: int, seed: int) -> Resampled:
    (found,) = resampled_coefficients(x, [y], resamples, seed)
    return found


@pytest.mark.parametrize("networks", [3, 8, 13, 64, 101])
@pytest.mark.parametrize("values", [None, 3, 12])
def test_coefficients_of_resamples_are_those_of_the_definition(networks: int, values: int | None) -> None:
    x, y = lists(networks, networks, values)
    found, drawn = coefficients(x, y, 60, networks), counts(networks, 60, networks)
    np.testing.assert_allclose(found.rho, naive_resampling.spearman_resampled(x, y, drawn), atol=1e-12)
    np.testing.assert_allclose(found.tau, naive_resampling.kendall_resampled(x, y, drawn), atol=1e-12)


# With 70,000 networks a sum over pairs is beyond 32 bits.
@pytest.mark.parametrize(("networks", "resamples"), [(10, 40), (1_000, 3), (70_000, 2)])
@pytest.mark.parametrize("values", [None, 6])
def test_coefficients_of_resamples_are_scipys(networks: int, resamples: int, values: int | None) -> None:
    x, y = lists(1, networks, values)
    found = coefficients(x, y, resamples, 1)
    for times, rho, tau in zip(counts(networks, resamples, 1).astype(int), found.rho, found.tau, strict=True):
        drawn = np.repeat(np.arange(networks), times)
        assert rho == pytest.approx(scipy.stats.spearmanr(x[drawn], y[drawn]).statistic, abs=1e-9)
        assert tau == pytest.approx(scipy.stats.kendalltau(x[drawn], y[drawn]).statistic, abs=1e-9)


def test_the_intervals_of_the_committed_study_are_those_it_was_written_with() -> None:
    folder = RESULTS / "epyc_zen4" / "study_small"
    written = json.loads((folder / "analysis.json").read_text())
    analysis = analyse(read_table(folder / "table.csv"), written["original"])
    for result, numbers in zip(analysis.proxies, written["proxies"], strict=True):
        for found, expected in ((result.rho, numbers["spearman"]), (result.tau, numbers["kendall"])):
            assert found is not None and found.interval is not None and found.value == pytest.approx(expected["value"])
            assert [found.interval.low, found.interval.high] == pytest.approx(expected["interval"], abs=1e-12)


def test_inversions_are_the_pairs_in_the_wrong_order() -> None:
    rng = np.random.default_rng(0)
    for length in (*range(1, 10), 63, 64, 65, 128, 129, 200, 300):
        sequence, places = rng.permutation(length), rng.integers(6, size=length)
        times: Draws = rng.integers(4, size=(length, 5)).astype(np.int32)
        pairs = [(i, j) for at, i in enumerate(sequence) for j in sequence[at + 1 :] if places[i] > places[j]]
        expected = sum((times[i] * times[j] for i, j in pairs), np.zeros(5))
        np.testing.assert_array_equal(Inversions.of(sequence, places).count(times), expected)


def test_resamples_draw_as_many_networks_and_depend_on_the_seed_alone() -> None:
    drawn = counts(7, 500, 1)
    assert drawn.shape == (500, 7) and (drawn.sum(axis=1) == 7).all()
    assert drawn.mean() == 1 and drawn.std() > 0.5
    np.testing.assert_array_equal(drawn, counts(7, 500, 1))
    assert (drawn != counts(7, 500, 2)).any()


def test_the_size_of_a_batch_changes_no_resample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = counts(30, 100, 4)
    monkeypatch.setattr("econas_jax.study.resampling.BATCH_NUMBERS", 1)
    batches = list(resample(30, 100, 4))
    assert len(batches) > 1 and {batch.shape[0] for batch in batches} == {30}
    np.testing.assert_array_equal(np.concatenate(batches, axis=1).T, whole)


def test_all_proxies_have_the_same_resamples() -> None:
    x, y = lists(2, 20, None)
    both, alone = resampled_coefficients(x, [x[::-1], y], 50, 3), coefficients(x, y, 50, 3)
    np.testing.assert_array_equal(both[1].rho, alone.rho)
    np.testing.assert_array_equal(both[1].tau, alone.tau)


def test_progress_is_told_up_to_the_last_resample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("econas_jax.study.resampling.BATCH_NUMBERS", 1)
    told: list[tuple[int, int]] = []
    x, y = lists(0, 10, None)
    resampled_coefficients(x, [y], 200, 0, lambda done, total: told.append((done, total)))
    done = [number for number, _ in told]
    assert len(done) >= 3 and done == sorted(set(done)) and done[-1] == 200 and {total for _, total in told} == {200}


def test_memory_does_not_grow_with_the_square_of_the_networks() -> None:
    networks = 8_000  # one matrix of networks by networks would be 512 MB
    x, y = lists(0, networks, 50)
    tracemalloc.start()
    try:
        coefficients(x, y, 100, 0)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_resamples_of_equal_networks_have_no_coefficient() -> None:
    x = np.array([0.1, 0.2, 0.3])
    found, drawn = coefficients(x, x, 200, 0), counts(3, 200, 0)
    alone = (drawn == 3).any(axis=1)
    assert 0 < alone.sum() < 200
    np.testing.assert_array_equal(np.isnan(found.rho), alone)
    np.testing.assert_array_equal(np.isnan(found.tau), alone)
