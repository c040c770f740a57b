"""The recommendation in sentences: what to use and how sure that is, or why nothing is recommended."""

from __future__ import annotations

from econas_jax.study.analysis import Analysis, Cost, ProxyResult
from econas_jax.study.comparisons import compare_with_size
from econas_jax.study.intervals import MINIMUM_FOR_INTERVAL
from econas_jax.study.table import Size

COST_NAMES: dict[Cost, str] = {
    "multiply_adds": "multiply-adds",
    "seconds": "seconds",
    "nominal": "cost by the paper's rule",
}
SIZE_NAMES: dict[Size, str] = {"parameters": "parameters", "multiply_adds": "multiply-adds"}
FEW = 4  # names that a sentence can hold


def choice_text(
    analysis: Analysis,
    chosen: ProxyResult,
    best: ProxyResult,
    margin: float,
    cost: Cost | None,
    open_ones: tuple[str, ...],
) -> str:
    """Returns the sentences on a proxy that is recommended."""
    parts = [_choice(analysis, chosen, best, margin, cost), _caution(analysis, chosen, open_ones)]
    return " ".join([*parts, *no_better_than_size(analysis, [chosen])])


def no_choice_text(analysis: Analysis, best: ProxyResult) -> str:
    """Returns why none is recommended; best: the proxy of the highest rho."""
    rho = best.rho
    assert rho is not None and best.chance is not None
    highest = f"the highest rho, {rho.number} of {best.name} ({rho.spread})"
    if rho.sign < 0:
        reason = f"{highest}, is below 0. Are these error rates? Accuracies are needed"
    elif analysis.networks < MINIMUM_FOR_INTERVAL:
        reason = (
            f"{analysis.networks:,} networks are too few to know of a rho that it is above 0, it takes at least "
            f"{MINIMUM_FOR_INTERVAL}; the highest is {rho.number} of {best.name}"
        )
    elif rho.sign == 0:
        reason = f"{highest}, is not clearly above 0"
    else:
        reason = f"the best of random orders has {highest} or a higher one in {100 * best.chance:.0f} % of cases"
    return f"No proxy is recommended: {reason}."


def no_better_than_size(analysis: Analysis, results: list[ProxyResult]) -> list[str]:
    """Returns a sentence for each size of the networks that some of the proxies do not clearly outdo."""
    sentences = []
    for size in analysis.sizes:
        names = [
            result.name
            for result in results
            if result.rho is not None and compare_with_size(analysis, result.name, size).difference.sign <= 0
        ]
        if names:
            what = ", ".join(names) if len(names) <= FEW else f"{len(names)} of the {len(results)} proxies"
            counted = f"counting the networks' {SIZE_NAMES[size.name]}, which has a rho of {size.rho}"
            sentences.append(f"{what} {'is' if len(names) == 1 else 'are'} not clearly better than {counted}.")
    return sentences


def below_zero(analysis: Analysis) -> list[str]:
    """Returns a question for the proxies whose rho is clearly below 0, none if there are none."""
    names = [result.name for result in analysis.ranked if result.rho is not None and result.rho.sign < 0]
    if not names:
        return []
    what = f"{', '.join(names)} is" if len(names) == 1 else f"{', '.join(names)} are"
    return [f"The rho of {what} clearly below 0: are these error rates? Accuracies are needed."]


def _choice(analysis: Analysis, chosen: ProxyResult, best: ProxyResult, margin: float, cost: Cost | None) -> str:
    rho = chosen.rho
    assert rho is not None
    against = (
        "the highest of the study" if chosen is best else f"within {margin:g} of the best ({best.name}, {best.rho})"
    )
    use = f"Use {chosen.name}: its rho is {rho.number} ({rho.spread}), {against}"
    if cost is None:
        return f"{use}; the costs are not known."
    savings = [f"{chosen.acceleration[cost]:.1f} times {'less' if cost == 'nominal' else 'fewer'} {COST_NAMES[cost]}"]
    if cost != "seconds" and chosen.acceleration["seconds"] is not None:
        savings.append(f"{chosen.acceleration['seconds']:.1f} times fewer seconds")
    saved = " and ".join(savings)
    return f"{use}, for {saved} than {analysis.original}."


def _caution(analysis: Analysis, chosen: ProxyResult, open_ones: tuple[str, ...]) -> str:
    others = len(analysis.ranked) - 1
    if not open_ones:
        rest = "the other proxy" if others == 1 else f"each of the {others} other proxies"
        told = f"the difference to {rest} is beyond chance" if others else "it is alone"
    elif len(open_ones) <= FEW:
        told = f"{', '.join(open_ones)} cannot be told apart from it"
    else:
        told = f"{len(open_ones)} of the {others} other proxies cannot be told apart from it"
    return f"With these {analysis.networks:,} networks {told}."
