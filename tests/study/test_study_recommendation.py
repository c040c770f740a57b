"""What is recommended, and above all what is not: no proxy without evidence, none passed off as more than a count."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tiny_study import no_figures

from econas_jax.errors import InputError
from econas_jax.study import Row, StudyTable, analyse, read_wide_table, recommend
from econas_jax.study.comparisons import compare_with_size
from econas_jax.study.recommendation_text import below_zero, no_better_than_size
from econas_jax.study.results import write_results
from econas_jax.study.table import Size

SIZES: tuple[Size, ...] = ("parameters", "multiply_adds")


def noisy(networks: int, noises: dict[str, float | None], seed: int = 0, sizes: float | None = None) -> StudyTable:
    """A table of settings whose accuracies are the original's with noise (None: noise alone).

    sizes: the noise of sizes that follow the accuracies, None for no sizes.
    """
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.3, 0.6, networks)
    lists = {"full": truth}
    for name, noise in noises.items():
        lists[name] = rng.uniform(0.3, 0.6, networks) if noise is None else truth + rng.normal(0, noise, networks)
    rows = tuple(
        Row(str(number), name, None, None, float(np.clip(accuracy, 0, 1)), None, None)
        for name, accuracies in lists.items()
        for number, accuracy in enumerate(accuracies)
    )
    if sizes is None:
        return StudyTable(rows)
    counted = {str(number): 1e6 * size for number, size in enumerate(truth + rng.normal(0, sizes, networks))}
    return StudyTable(rows, dict.fromkeys(SIZES, counted))


def errors_of(table: StudyTable, *settings: str) -> StudyTable:
    """The table with error rates instead of accuracies in some settings."""

    def turned(row: Row) -> Row:
        return dataclasses.replace(row, validation_accuracy=1 - (row.validation_accuracy or 0.0))

    return StudyTable(tuple(turned(row) if row.proxy in settings else row for row in table.rows))


@pytest.mark.parametrize("settings", [("p1", "p2", "p3"), ("full",)])
@pytest.mark.parametrize("networks", [10, 60])
def test_error_rates_recommend_nothing_and_are_asked_for(settings: tuple[str, ...], networks: int) -> None:
    table = errors_of(noisy(networks, {"p1": 0.02, "p2": 0.03, "p3": 0.02}), *settings)
    found = recommend(analyse(table, "full", 200))
    assert found.proxy is None and found.best.rho is not None and found.best.rho.value < 0
    assert found.text.startswith("No proxy is recommended: the highest rho, -0.")
    assert found.text.endswith("is below 0. Are these error rates? Accuracies are needed.")


def test_error_rates_of_one_proxy_are_asked_for_beside_the_recommendation() -> None:
    table = errors_of(noisy(30, {"good": 0.02, "turned": 0.02}), "turned")
    analysis = analyse(table, "full", 200)
    found = recommend(analysis)
    assert found.proxy is not None and found.proxy.name == "good"
    assert below_zero(analysis) == [
        "The rho of turned is clearly below 0: are these error rates? Accuracies are needed."
    ]
    assert below_zero(analyse(noisy(30, {"good": 0.02}), "full", 200)) == []


@pytest.mark.parametrize("proxies", [1, 3, 20])
@pytest.mark.parametrize("networks", [9, 16, 50])
def test_noise_is_hardly_ever_recommended(proxies: int, networks: int) -> None:
    """With 20 proxies the best one's own interval leaves out zero in a third of such tables and more."""
    trials, recommended = 40, 0
    for seed in range(trials):
        table = noisy(networks, {f"p{number}": None for number in range(proxies)}, seed)
        found = recommend(analyse(table, "full", 100, seed))
        recommended += found.proxy is not None
        if found.proxy is None:
            assert found.text.startswith("No proxy is recommended: the ") and "rho" in found.text
    assert recommended / trials <= 0.1


@pytest.mark.parametrize("networks", [3, 4, 7])
@pytest.mark.parametrize("noise", [0.0, 0.001, None])
def test_too_few_networks_recommend_nothing(networks: int, noise: float | None) -> None:
    found = recommend(analyse(noisy(networks, {"p": noise}), "full", 100))
    assert found.proxy is None
    assert f"{networks} networks are too few to know of a rho that it is above 0, it takes at least 8" in found.text


@pytest.mark.parametrize("networks", [8, 15, 40])
def test_a_good_proxy_is_recommended_with_and_without_an_interval(networks: int) -> None:
    """In the same order as the original setting it has no interval, and chance gives it that order once in 8!."""
    for noise in (0.0, 0.005):
        found = recommend(analyse(noisy(networks, {"p": noise, "q": None}), "full", 200))
        assert found.proxy is not None and found.proxy.name == "p" and found.text.startswith("Use p: its rho is ")
    text = recommend(analyse(noisy(networks, {"p": 0.0}), "full", 200)).text
    assert "its rho is 1.00 (no interval: the same in every resample)" in text


def test_a_weak_proxy_is_not_chosen_for_its_cost() -> None:
    """It is within the margin of the best one, and cheaper, but its own rho is not known to be above 0."""
    table = noisy(12, {"c3r2s2e8": 0.02, "c4r4s2e8": None}, 3)
    rows = [dataclasses.replace(row, proxy=row.proxy.replace("full", "c2r2s2e8")) for row in table.rows]
    analysis = analyse(StudyTable(tuple(rows)), "c2r2s2e8", 200)
    weak = analysis.result("c4r4s2e8")
    assert not weak.keeps_ranks and (weak.acceleration["nominal"] or 0) > 2
    assert (found := recommend(analysis, 2.0).proxy) is not None and found.name == "c3r2s2e8"


@pytest.mark.parametrize("size", SIZES)
def test_a_proxy_no_better_than_a_count_is_said_to_be_so(size: Size) -> None:
    analysis = analyse(noisy(40, {"good": 0.005, "bad": 0.1}, sizes=0.1), "full", 300)
    assert [found.name for found in analysis.sizes] == list(SIZES)
    counted = next(found for found in analysis.sizes if found.name == size)
    for name, better in (("good", True), ("bad", False)):
        difference = compare_with_size(analysis, name, counted).difference
        assert difference.value == pytest.approx(analysis.rho(name) - counted.rho.value)
        assert (difference.sign > 0) == better
    words = size.replace("_", "-")
    told = no_better_than_size(analysis, list(analysis.ranked))
    assert f"bad is not clearly better than counting the networks' {words}, which has a rho of {counted.rho}." in told
    assert not any(sentence.startswith("good") for sentence in told)
    alone = analyse(noisy(40, {"bad": 0.1}, sizes=0.1), "full", 300)
    assert f"bad is not clearly better than counting the networks' {words}" in recommend(alone).text
    assert "counting" not in recommend(analysis).text


def test_the_sizes_that_are_known_and_differ_are_ranked() -> None:
    table = noisy(20, {"p": 0.02})
    assert analyse(table, "full", 50).sizes == ()
    adds = [dataclasses.replace(row, multiply_adds=10 + int(row.network)) for row in table.rows]
    (size,) = analyse(StudyTable(tuple(adds)), "full", 50).sizes
    assert size.name == "multiply_adds"
    unknown = [dataclasses.replace(row, multiply_adds=None) if row.network == "3" else row for row in adds]
    assert analyse(StudyTable(tuple(unknown)), "full", 50).sizes == ()
    equal = {"parameters": {str(number): 5.0 for number in range(20)}}
    assert analyse(StudyTable(table.rows, equal), "full", 50).sizes == ()  # type: ignore[arg-type]


def test_columns_of_a_wide_table_are_sizes(tmp_path: Path) -> None:
    lines = [f"{number},{4_000_000 - number},0.{10 + number},0.{20 - number},{number}" for number in range(10)]
    (tmp_path / "t.csv").write_text("\n".join(["network,parameters,full,p,multiply_adds", *lines]))
    table = read_wide_table(tmp_path / "t.csv")
    assert table.proxies == ("full", "p")
    assert {size.name: size.rho.value for size in analyse(table, "full", 50).sizes} == {
        "parameters": pytest.approx(-1),
        "multiply_adds": pytest.approx(1),
    }
    (tmp_path / "t.csv").write_text("network,parameters,full,p\na,many,0.1,0.2\n")
    with pytest.raises(InputError, match="line 2: parameters = 'many': expected a number of parameters"):
        read_wide_table(tmp_path / "t.csv")


def test_report_and_numbers_have_sizes_and_no_recommendation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    table = noisy(12, {"p": None, "q": None}, 1, sizes=0.1)
    outcome = write_results(tmp_path, table, "full", 0.05, 100, 0, {})
    numbers = json.loads((tmp_path / "analysis.json").read_text())
    assert outcome.recommendation.proxy is None and numbers["recommendation"]["proxy"] is None
    assert numbers["recommendation"]["text"].startswith("No proxy is recommended")
    assert [size["name"] for size in numbers["sizes"]] == list(SIZES)
    assert [entry["better"] for entry in numbers["sizes"][0]["proxies"]] == [False, False]
    page = outcome.report.read_text()
    assert "No proxy is recommended" in page and '<tr class="marked"><td data-name="proxy">' not in page
    assert "number of parameters, no training" in page and "are not clearly better than counting" in page
