"""The documents' tables of searchers: their comparisons, their speed on a table, and a simulated cluster."""

from __future__ import annotations

from typing import Any

from benchmarks.common.markdown_tables import markdown, read


def comparison() -> str:
    """Returns the contenders' mean test accuracies at each budget, with the paired differences to random search."""
    return _contenders(_findings("epyc_zen3/compare_table/result.json"))


def comparison_on_digits() -> str:
    """Returns the same of validation accuracies, which is what there is where nothing is retrained."""
    return _contenders(_findings("epyc_zen4/compare_digits/result.json", "validation_accuracy"))


def comparison_on_cifar10() -> str:
    """Returns the same on a quarter of CIFAR-10."""
    return _contenders(_findings("epyc_zen4/compare_cifar10_small/result.json", "validation_accuracy"))


def comparison_of_proxies() -> str:
    """Returns the test accuracies of the retrained answers, searched for by c4r4 and by AmoebaNet's proxy."""
    return _contenders(_findings("epyc_zen5/compare_cifar10/result.json"))


def darts_proxies() -> str:
    """Returns what DARTS costs by its own proxy and by c4r2s0, and its cells retrained beside random ones."""
    found = read("epyc_zen4/darts_proxies.json")
    rows = []
    for name, mean in found["summary"]["test_accuracy"].items():
        searches = [row for row in found["searches"] if row["contender"] == name]
        accuracies = [row["test_accuracy"] for row in found["retrainings"] if row["contender"] == name]
        cost = ["-"] * 2
        if searches:
            seconds = found["summary"]["epoch_seconds"][name]["mean"]
            cost = [f"{searches[0]['multiply_adds'] / 1e6:.0f} M", f"{seconds:.1f}"]
        by_seed = ", ".join(f"{100 * accuracy:.2f}" for accuracy in accuracies)
        rows.append([name, *cost, by_seed, f"{100 * mean['mean']:.2f} ± {100 * mean['deviation']:.2f}"])
    header = [
        "cells from",
        "multiply-adds an image",
        "seconds an epoch",
        "test accuracy by seed (%)",
        "mean ± deviation",
    ]
    return markdown(header, rows)


def _contenders(by_name: dict[str, list[dict[str, Any]]]) -> str:
    """Returns a row a contender, the best at the largest budget first."""
    budgets = [finding["budget"] for finding in by_name["random"]]
    rows = [
        [f"`{name}`", *(f"{100 * each['mean']:.2f}{_difference(each)}" for each in findings)]
        for name, findings in sorted(by_name.items(), key=lambda pair: -pair[1][-1]["mean"])
    ]
    return markdown(["searcher", *(f"{budget:,.0f}" for budget in budgets)], rows)


def hierarchy() -> str:
    """Returns what the searchers with a hierarchy are better by than regularized evolution, at each budget."""
    by_name = _findings("epyc_zen3/compare_table/result_regularized_evolution.json")
    budgets = [finding["budget"] for finding in by_name["random"]]
    rows = [
        [f"`{name}`", *(f"{_difference(each).strip(' ()')}: {each['verdict']}" for each in by_name[name])]
        for name in ("econas", "hierarchical_evolution")
    ]
    return markdown(["searcher", *(f"{budget:,.0f} epochs" for budget in budgets)], rows)


def searches_on_a_table() -> str:
    """Returns evaluations a second of whole searches on a table, the first one in a process and later ones."""
    found = read("epyc_zen5/table_speed.json")
    rows = [
        [
            f"`{name}`, in memory",
            f"{runs['warm']['stages']:,}",
            *(f"{runs[run]['a_second_of_the_process']:,.0f}" for run in ("first", "warm")),
        ]
        for name, runs in found["in_memory"].items()
    ]
    first, *later = found["with_a_folder"]
    rates = [first["a_second_of_the_process"], max(run["a_second_of_the_process"] for run in later)]
    rows.append(["`regularized_evolution`, with a folder", f"{first['stages']:,}", *(f"{rate:,.0f}" for rate in rates)])
    return markdown(["search", "stages", "a second, first", "later"], rows)


def lags() -> str:
    """Returns the test accuracy of EcoNAS by lag, at each budget, with what it loses against lag 0."""
    by_name = _findings("epyc_zen3/compare_lag/result.json")
    budgets = [f"{finding['budget']:,.0f} epochs" for finding in by_name["lag_0"]]
    rows = [
        [name.removeprefix("lag_"), *(f"{100 * each['mean']:.2f}{_difference(each)}" for each in findings)]
        for name, findings in by_name.items()
    ]
    return markdown(["lag", *budgets], rows)


def cluster() -> str:
    """Returns how busy 64 simulated devices of a cluster are, and the driver's time a stage."""
    rows = [
        [
            str(case["lag"]),
            f"{case['devices_lost']:,}",
            f"{100 * case['efficiency']:.1f} %",
            f"{case['milliseconds_a_stage']:.2f} ms",
            f"{case['of_quarters'][0]:.2f} to {case['of_quarters'][-1]:.2f} ms",
        ]
        for case in read("epyc_zen4/ray_driver.json")["cases"]
    ]
    return markdown(["lag", "devices lost", "devices busy", "driver a stage", "first to last quarter"], rows)


def _findings(name: str, measure: str = "test_accuracy") -> dict[str, list[dict[str, Any]]]:
    """Returns the findings of a comparison by contender: of one measure, retraining free, the least budget first."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for finding in read(name)["findings"]:
        if finding["measure"] == measure and finding["retraining"] == "free":
            by_name.setdefault(finding["contender"], []).append(finding)
    return by_name


def _difference(finding: dict[str, Any]) -> str:
    if finding["difference"] is None:
        return ""
    mean, low, high = (100 * finding[name] for name in ("difference", "difference_low", "difference_high"))
    return f" ({mean:+.2f}; {low:+.2f} to {high:+.2f})"


SEARCH_TABLES = (
    cluster,
    comparison,
    comparison_on_cifar10,
    comparison_of_proxies,
    comparison_on_digits,
    darts_proxies,
    hierarchy,
    lags,
    searches_on_a_table,
)
