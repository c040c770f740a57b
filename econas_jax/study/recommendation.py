"""Which proxy to use: the cheapest whose rho is within a margin of the best, and how sure that is, in two sentences."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.errors import require
from econas_jax.study.analysis import Analysis, Cost, ProxyResult
from econas_jax.study.comparisons import compare_proxies
from econas_jax.study.setting import PREVIOUS

MARGIN = 0.05
COST_NAMES: dict[Cost, str] = {
    "multiply_adds": "multiply-adds",
    "seconds": "seconds",
    "nominal": "cost by the paper's rule",
}


@dataclass(frozen=True)
class Recommendation:
    """The recommended proxy, the one of the highest rho, and what tells how far they are known."""

    proxy: ProxyResult
    best: ProxyResult
    margin: float
    cost: Cost | None  # by which it is the cheapest; None where no cost is known, and the best one is recommended
    not_told_apart: tuple[str, ...]  # proxies whose rho differs from it by an interval that contains zero
    text: str


def recommend(analysis: Analysis, margin: float = MARGIN, cost: Cost | None = None) -> Recommendation:
    """The cheapest proxy whose rho is at most `margin` below the best one's.

    cost: by which measure; None: the best that is known of all proxies. Of equally cheap ones the higher rho wins.
    Raises InputError for a margin that is not in [0, 2], and where no proxy has a rho.
    """
    require(0.0 <= margin <= 2.0, "margin", margin, "a number from 0 to 2")
    ranked = analysis.ranked
    require(bool(ranked), "proxies", [p.name for p in analysis.proxies], "at least one whose accuracies differ")
    best = max(ranked, key=lambda result: analysis.rho(result.name))
    good = [result for result in ranked if analysis.rho(result.name) >= analysis.rho(best.name) - margin]
    measure = analysis.cost if cost is None else cost
    known = [result for result in good if result.acceleration[measure] is not None]
    chosen = max(known or [best], key=lambda result: (result.acceleration[measure] or 0.0, analysis.rho(result.name)))
    others = [result.name for result in ranked if result.name != chosen.name]
    open_ones = tuple(name for name in others if _is_open(analysis, chosen.name, name))
    used = measure if known else None
    text = f"{_choice(analysis, chosen, best, margin, used)} {_caution(analysis, chosen, open_ones)}"
    return Recommendation(chosen, best, margin, used, open_ones, text)


def previous_proxies(analysis: Analysis) -> list[str]:
    """A line on AmoebaNet's and on NASNet's proxy: its rho here, or that in the paper where it is not in the table."""
    found = {result.name: result for result in analysis.proxies}
    lines = []
    for name, (whose, published) in PREVIOUS.items():
        if name in found and found[name].rho is not None:
            lines.append(f"{whose} {name}: rho {found[name].rho} here, {published:.2f} in the paper")
        else:
            lines.append(f"{whose} {name}: not in this study; rho {published:.2f} in the paper")
    return lines


def _is_open(analysis: Analysis, one: str, other: str) -> bool:
    difference = compare_proxies(analysis, one, other).difference.interval
    return difference is None or difference.contains_zero


def _choice(analysis: Analysis, chosen: ProxyResult, best: ProxyResult, margin: float, cost: Cost | None) -> str:
    rho, interval = chosen.rho, chosen.rho.interval if chosen.rho is not None else None
    assert rho is not None
    spread = "no interval: too few networks differ" if interval is None else f"95 % interval {interval}"
    against = (
        "the highest of the study" if chosen is best else f"within {margin:g} of the best ({best.name}, {best.rho})"
    )
    if cost is None:
        return f"Use {chosen.name}: its rho is {rho.value:.2f} ({spread}), {against}; the costs are not known."
    savings = [f"{chosen.acceleration[cost]:.1f} times {'less' if cost == 'nominal' else 'fewer'} {COST_NAMES[cost]}"]
    if cost != "seconds" and chosen.acceleration["seconds"] is not None:
        savings.append(f"{chosen.acceleration['seconds']:.1f} times fewer seconds")
    saved = " and ".join(savings)
    return f"Use {chosen.name}: its rho is {rho.value:.2f} ({spread}), {against}, for {saved} than {analysis.original}."


def _caution(analysis: Analysis, chosen: ProxyResult, open_ones: tuple[str, ...]) -> str:
    others = len(analysis.ranked) - 1
    if not open_ones:
        told = f"the difference to each of the {others} other proxies is beyond chance" if others else "it is alone"
    elif len(open_ones) <= 4:
        told = f"{', '.join(open_ones)} cannot be told apart from it"
    else:
        told = f"{len(open_ones)} of the {others} other proxies cannot be told apart from it"
    return f"With these {analysis.networks} networks {told}."
