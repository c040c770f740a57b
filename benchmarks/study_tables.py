"""The documents' tables of proxies: those of the small study, and supernets beside them."""

from __future__ import annotations

from typing import Any

from benchmarks.common.markdown_tables import markdown, read
from benchmarks.common.paths import RESULTS
from econas_jax.study.table import read_table

STUDY = "epyc_zen4/study_small"
METHODS = {"one_shot": "one-shot", "smash": "SMASH"}
CONTAINED = "epyc_zen4/study_contained"
SUPERNETS = ("epyc_zen4/one_shot_small", "epyc_zen5/smash_small")


def study() -> str:
    """Returns the proxies of the small study."""
    header = ["proxy", "Spearman's rho (95 % interval)", "Kendall's tau (95 % interval)", "faster, multiply-adds"]
    header.append("faster, seconds")
    rows = [
        [
            proxy["name"],
            _interval(proxy["spearman"]),
            _interval(proxy["kendall"]),
            *(f"{proxy['acceleration'][cost]:.1f}x" for cost in ("multiply_adds", "seconds")),
        ]
        for proxy in read(f"{STUDY}/analysis.json")["proxies"]
    ]
    return markdown(header, rows)


def _interval(coefficient: dict[str, Any] | None) -> str:
    if coefficient is None:
        return "undefined"
    if coefficient["interval"] is None:
        return f"{coefficient['value']:.2f} (no interval)"
    low, high = coefficient["interval"]
    return f"{coefficient['value']:.2f} ({low:.2f} to {high:.2f})"


def weight_sharing() -> str:
    """Returns how supernets rank networks, and how the studies' proxies of as small networks do."""
    studies = [read(f"{folder}/analysis.json") for folder in (STUDY, CONTAINED)]
    rows = [row for folder in SUPERNETS for row in _supernets(folder)]
    proxies = [{proxy["name"]: proxy for proxy in each["proxies"]} for each in studies]
    table = read_table(RESULTS / STUDY / "table.csv")
    for name in (name for name in proxies[0] if name.startswith("c4r4")):
        spent = sum(row.seconds or 0.0 for row in table.rows if row.proxy == name)
        found = [_interval(each[name]["spearman"]) if name in each else "" for each in proxies]
        if name == studies[1]["original"]:
            found[1] = "the truth"
        rows.append([f"training each alone, {name}", *found, f"{spent:,.0f}"])
    header = ["ranked by", "rho, the study's networks", "rho, cells that the supernet contains", "seconds of a core"]
    return markdown(header, rows)


def _supernets(folder: str) -> list[list[str]]:
    """Returns a row for each supernet of a folder, and one for the means over the seeds of each method."""
    summaries = [read(f"{folder}/{name}summary.json") for name in ("", "contained/")]
    rows = []
    for method in dict.fromkeys(run["method"] for run in summaries[0]["runs"]):
        runs = [run for run in summaries[0]["runs"] if run["method"] == method]
        labels = {run["name"]: (f"seed {run['seed']}", run["processor_seconds"]) for run in runs}
        labels[method] = f"means of {len(runs)} seeds", sum(run["processor_seconds"] for run in runs)
        for name, (label, seconds) in labels.items():
            found = [_interval(each["analysis"][name]["spearman"]) for each in summaries]
            rows.append([f"a supernet ({METHODS[method]}), {label}", *found, f"{seconds:,.0f}"])
    return rows


STUDY_TABLES = (study, weight_sharing)
