"""The analysis of a table: coefficients, costs, the front, comparisons and the recommendation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
from study_tables import NOISE, ORIGINAL, made_up_table

from econas_jax.errors import InputError
from econas_jax.study import (
    Row,
    Setting,
    StudyTable,
    UndefinedError,
    analyse,
    compare_proxies,
    observations,
    previous_proxies,
    recommend,
)
from econas_jax.study.analysis import retention_sizes
from econas_jax.study.setting import nominal_acceleration

TABLE = made_up_table()
ANALYSIS = analyse(TABLE, ORIGINAL, resamples=300)


def table_of(**accuracies: list[float]) -> StudyTable:
    """Without costs."""
    return StudyTable(
        tuple(
            Row(str(number), proxy, None, None, accuracy, None, None)
            for proxy, of_proxy in accuracies.items()
            for number, accuracy in enumerate(of_proxy)
        )
    )


def test_every_proxy_is_compared_with_the_original() -> None:
    assert [result.name for result in ANALYSIS.proxies] == list(NOISE)
    assert (ANALYSIS.original, ANALYSIS.networks, ANALYSIS.left_out) == (ORIGINAL, 14, ())
    truth = TABLE.accuracies(ORIGINAL)
    for result in ANALYSIS.proxies:
        accuracies = TABLE.accuracies(result.name)
        assert result.rho is not None and result.tau is not None
        assert result.rho.value == pytest.approx(scipy.stats.spearmanr(truth, accuracies).statistic)
        assert result.tau.value == pytest.approx(scipy.stats.kendalltau(truth, accuracies).statistic)
        same_order = np.array_equal(np.argsort(truth), np.argsort(accuracies))
        assert (result.rho.interval is None) == same_order
        assert result.rho.interval is None or result.rho.interval.low <= result.rho.value <= result.rho.interval.high
        assert result.acceleration["multiply_adds"] == pytest.approx(result.acceleration["nominal"], rel=1e-6)
        assert result.mean_accuracy == pytest.approx(accuracies.mean())
        assert [kept.top for kept in result.retention] == [3, 3]


def test_the_papers_sizes_of_retention_scale() -> None:
    assert retention_sizes(50) == [(10, 15), (10, 20)]
    assert retention_sizes(14) == [(3, 4), (3, 6)]
    assert retention_sizes(3) == [(1, 1), (1, 1)]


def test_the_front_against_the_definition() -> None:
    points = {
        result.name: (result.acceleration["multiply_adds"] or 0.0, ANALYSIS.rho(result.name))
        for result in ANALYSIS.proxies
    }
    best = {
        name
        for name, (speed, rho) in points.items()
        if not any(s >= speed and r >= rho and (s, r) != (speed, rho) for s, r in points.values())
    }
    assert set(ANALYSIS.front("multiply_adds")) == best


def test_an_undefined_rho_is_said_and_never_a_number() -> None:
    analysis = analyse(table_of(full=[0.1, 0.2, 0.3, 0.4], flat=[0.1] * 4, good=[0.1, 0.2, 0.4, 0.3]), "full", 50)
    flat, good = analysis.proxies
    assert flat.rho is None and flat.tau is None
    assert flat.undefined == "rho is undefined: all networks have the same accuracy, 0.1000"
    assert analysis.ranked == (good,)
    assert "flat" not in recommend(analysis).text and "nan" not in recommend(analysis).text
    with pytest.raises(UndefinedError):
        compare_proxies(analysis, "flat", "good")


@pytest.mark.parametrize(
    ("table", "original", "told"),
    [
        (TABLE, "c0r0s0e600", "proxy = 'c0r0s0e600': expected one of the table's"),
        (table_of(full=[0.1, 0.2], half=[0.1, 0.2]), "full", "networks = 2: expected at least 3 networks"),
        (table_of(full=[0.1] * 3, half=[0.1, 0.2, 0.3]), "full", "rho is undefined"),
        (table_of(full=[0.1, 0.2, 0.3], half=[0.1, 0.2]), "full", "proxies = ['half']: expected at least one besides"),
        (table_of(full=[0.1, 0.2], half=[0.1, 0.2, 0.3]), "full", "networks without a row of full = ['2']"),
    ],
)
def test_tables_that_cannot_be_analysed(table: StudyTable, original: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        analyse(table, original)
    assert told in str(caught.value)


def test_a_proxy_that_lacks_a_network_is_left_out_and_named() -> None:
    analysis = analyse(StudyTable(TABLE.rows[:-1]), ORIGINAL, 50)
    assert analysis.left_out == ("c4r4s3e8",)
    assert "c4r4s3e8" not in [result.name for result in analysis.proxies]


def test_the_recommendation_is_the_cheapest_within_the_margin() -> None:
    for margin in (0.0, 0.05, 0.2, 2.0):
        found = recommend(ANALYSIS, margin)
        rhos = {result.name: ANALYSIS.rho(result.name) for result in ANALYSIS.proxies if result.keeps_ranks}
        good = [result for result in ANALYSIS.proxies if rhos.get(result.name, -2) >= max(rhos.values()) - margin]
        assert found.proxy is not None and found.proxy in good
        fastest = max(result.acceleration["multiply_adds"] or 0.0 for result in good)
        assert found.proxy.acceleration["multiply_adds"] == fastest
        assert found.proxy.rho is not None
        rho = f"{rhos[found.proxy.name]:.2f} ({found.proxy.rho.spread})"
        assert found.text.startswith(f"Use {found.proxy.name}: its rho is {rho}, ")
        assert found.text.count(". ") == 1 and found.text.endswith(".")  # two sentences
    assert recommend(ANALYSIS, 0.0).proxy is recommend(ANALYSIS, 0.0).best
    for wrong in (-0.1, 3.0, math.nan):
        with pytest.raises(InputError, match="margin"):
            recommend(ANALYSIS, wrong)


def test_without_costs_the_best_proxy_is_recommended_and_the_text_says_so() -> None:
    full = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    analysis = analyse(table_of(full=full, a=full[::-1], b=[0.2, 0.1, *full[2:]]), "full", 50)
    found = recommend(analysis, 0.05)
    assert (
        found.proxy is not None
        and found.proxy.name == "b"
        and found.cost is None
        and "the costs are not known" in found.text
    )


def test_names_of_the_paper_have_nominal_costs() -> None:
    analysis = analyse(made_up_table(costs=False), ORIGINAL, 50)
    assert analysis.cost == "nominal"
    assert analysis.result("c4r4s2e4").acceleration == {"multiply_adds": None, "seconds": None, "nominal": 32.0}
    assert nominal_acceleration("c0r0s0e600", "c4r4s0e60") == 2560
    assert nominal_acceleration("c0r0s0e600", "c4r4s0e60n2") is None
    assert nominal_acceleration("full", "c4r4s0e60") is None


def test_a_difference_has_an_interval_of_its_own() -> None:
    comparison = compare_proxies(ANALYSIS, "c3r2s2e8", "c2r4s2e8")
    assert comparison.difference.value == pytest.approx(ANALYSIS.rho("c3r2s2e8") - ANALYSIS.rho("c2r4s2e8"))
    back = compare_proxies(ANALYSIS, "c2r4s2e8", "c3r2s2e8").difference
    assert back.interval is not None and comparison.difference.interval is not None
    assert (-back.interval.high, -back.interval.low) == pytest.approx(
        (comparison.difference.interval.low, comparison.difference.interval.high)
    )
    assert compare_proxies(ANALYSIS, "c3r2s2e8", "c3r2s2e8").difference.value == 0


def test_the_papers_observations_find_their_pairs() -> None:
    samples, channels = observations(ANALYSIS)
    assert {(pair.first, pair.second) for pair in samples.pairs} == {
        ("c2r2s2e4", "c2r2s3e8"),
        ("c4r4s2e4", "c4r4s3e8"),
    }
    assert {(pair.first, pair.second) for pair in channels.pairs} == {
        ("c3r2s2e8", "c2r3s2e8"),
        ("c4r2s2e8", "c2r4s2e8"),
        ("c4r3s2e8", "c3r4s2e8"),
    }
    assert channels.mean is not None
    mean = np.mean([pair.difference.value for pair in channels.pairs])
    assert channels.mean.value == pytest.approx(float(mean))
    # The noise of low resolutions is made that way.
    assert observations(analyse(made_up_table(networks=60), ORIGINAL, 300))[1].verdict == "supported"
    turned = {name: 0.08 - noise for name, noise in NOISE.items()}
    assert observations(analyse(made_up_table(60, noise=turned), ORIGINAL, 300))[1].verdict == "contradicted"
    assert "cannot tell" in observations(analyse(made_up_table(noise=dict.fromkeys(NOISE, 0.05)), ORIGINAL))[1].verdict
    alone = observations(analyse(made_up_table(noise={"c4r4s2e8": 0.1}), ORIGINAL))
    assert [observation.verdict[:10] for observation in alone] == ["not tested"] * 2


def test_previous_proxies_are_named_with_their_rho_here_or_in_the_paper() -> None:
    lines = previous_proxies(ANALYSIS)
    assert lines[0] == "AmoebaNet's c1r0s0e25n2: not in this study; rho 0.70 in the paper"
    analysis = analyse(made_up_table(noise={"c1r0s0e25n2": 0.01, "c0r0s0e20n2": 0.02}), ORIGINAL, 50)
    assert previous_proxies(analysis)[1].startswith("NASNet's c0r0s0e20n2: rho ")
    assert previous_proxies(analysis)[1].endswith(" here, 0.65 in the paper")


@pytest.mark.parametrize("name", ["c4r4s0e60", "c1r0s0e25n2"])
def test_a_settings_name_is_read_and_printed(name: str) -> None:
    assert str(Setting.parse(name)) == name


@pytest.mark.parametrize("name", ["", "c5r0s0e60", "c4r4s0e0", "c4r4s0e60n0", "c4r4s0", "full", "c4r4s0e60N2", 3])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"proxy = .*: expected a name such as c4r4s0e60"):
        Setting.parse(name)


def test_results_are_the_same_for_the_same_seed_alone() -> None:
    again, other = analyse(TABLE, ORIGINAL, 300), analyse(TABLE, ORIGINAL, 300, seed=1)
    assert again.proxies == ANALYSIS.proxies
    assert [dataclasses.replace(result, rho=None, tau=None, chance=None) for result in other.proxies] == [
        dataclasses.replace(result, rho=None, tau=None, chance=None) for result in ANALYSIS.proxies
    ]
    assert other.proxies != ANALYSIS.proxies


def test_results_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = sorted(TABLE.rows, key=lambda row: row.network[::-1])
    shuffled = analyse(StudyTable(tuple(rows)), ORIGINAL, 300)
    assert {result.name: result for result in shuffled.proxies} == {result.name: result for result in ANALYSIS.proxies}
