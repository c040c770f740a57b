"""Which proxy to use: the cheapest whose rho is within a margin of the best, and clearly above 0."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.errors import require
from econas_jax.study.analysis import Analysis, Cost, ProxyResult
from econas_jax.study.comparisons import compare_proxies
from econas_jax.study.recommendation_text import choice_text, no_choice_text
from econas_jax.study.setting import PREVIOUS

MARGIN = 0.05


@dataclass(frozen=True)
class Recommendation:
    """The recommended proxy, the one of the highest rho, and what tells how far they are known."""

    proxy: ProxyResult | None  # None: no rho is clearly above 0, and the text says why
    best: ProxyResult  # of those whose rho is clearly above 0; of all if there is none
    margin: float
    cost: Cost | None  # by which it is the cheapest; None where no cost is known, and the best one is recommended
    not_told_apart: tuple[str, ...]  # proxies whose rho differs from it by an interval that contains zero
    text: str


def recommend(analysis: Analysis, margin: float = MARGIN, cost: Cost | None = None) -> Recommendation:
    """Recommends the cheapest proxy whose rho is at most `margin` below the best one's and clearly above 0.

    cost: by which measure; None: the best that is known of all proxies. Of equally cheap ones the higher rho wins.
    Raises InputError for a margin that is not in [0, 2], and where no proxy has a rho.
    """
    require(0.0 <= margin <= 2.0, "margin", margin, "a number from 0 to 2")
    ranked = analysis.ranked
    require(bool(ranked), "proxies", [p.name for p in analysis.proxies], "at least one whose accuracies differ")
    clear = [result for result in ranked if result.keeps_ranks]
    best = max(clear or ranked, key=lambda result: analysis.rho(result.name))
    if not clear:
        return Recommendation(None, best, margin, None, (), no_choice_text(analysis, best))
    good = [result for result in clear if analysis.rho(result.name) >= analysis.rho(best.name) - margin]
    measure = analysis.cost if cost is None else cost
    known = [result for result in good if result.acceleration[measure] is not None]
    chosen = max(known or [best], key=lambda result: (result.acceleration[measure] or 0.0, analysis.rho(result.name)))
    others = [result.name for result in ranked if result.name != chosen.name]
    open_ones = tuple(name for name in others if compare_proxies(analysis, chosen.name, name).difference.sign == 0)
    used = measure if known else None
    text = choice_text(analysis, chosen, best, margin, used, open_ones)
    return Recommendation(chosen, best, margin, used, open_ones, text)


def previous_proxies(analysis: Analysis) -> list[str]:
    """Returns a line on AmoebaNet's and on NASNet's proxy: its rho here, or the paper's if the table has it not."""
    found = {result.name: result for result in analysis.proxies}
    lines = []
    for name, (whose, published) in PREVIOUS.items():
        if name in found and found[name].rho is not None:
            lines.append(f"{whose} {name}: rho {found[name].rho} here, {published:.2f} in the paper")
        else:
            lines.append(f"{whose} {name}: not in this study; rho {published:.2f} in the paper")
    return lines
