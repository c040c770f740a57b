"""What a study's table says of each proxy: rank coefficients with intervals, retention, cost, overfitting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from econas_jax.errors import require
from econas_jax.pareto import pareto_front
from econas_jax.study.agreement import Agreement, agreement
from econas_jax.study.chance import RARE, chances
from econas_jax.study.coefficients import DIFFERENT, UndefinedError, retention
from econas_jax.study.intervals import Coefficient
from econas_jax.study.resampling import RESAMPLES, Progress, Values, resampled_coefficients
from econas_jax.study.setting import nominal_acceleration
from econas_jax.study.table import Size, StudyTable

# The paper's 10 of 50 networks in the best 15 and 20, as shares for studies of another size.
TOP, KEPT = 0.2, (0.3, 0.4)

Cost = Literal["multiply_adds", "seconds", "nominal"]


class Retention(NamedTuple):
    """The share of the original's `top` best networks that is among the proxy's `kept` best."""

    top: int
    kept: int
    share: float


@dataclass(frozen=True)
class ProxyResult:
    """A proxy against the original setting. Accelerations: how many times cheaper a run is; None: not known."""

    name: str
    rho: Coefficient | None  # Spearman; None if undefined, and `undefined` says why
    tau: Coefficient | None  # Kendall, tau-b
    undefined: str | None
    chance: float | None  # the share of random orders in which the best of all proxies has at least this rho
    retention: tuple[Retention, ...]
    acceleration: Mapping[Cost, float | None]
    mean_accuracy: float
    gap: float | None  # train less validation accuracy, mean over networks

    @property
    def keeps_ranks(self) -> bool:
        """Whether rho is clearly above 0, by its interval and beyond what the best of the proxies has by chance."""
        return self.rho is not None and self.rho.sign > 0 and self.chance is not None and self.chance <= RARE


@dataclass(frozen=True)
class SizeResult:
    """Ranks by the size of the networks in the original setting, the larger the better: what needs no training."""

    name: Size
    rho: Coefficient
    tau: Coefficient


@dataclass(frozen=True)
class Analysis:
    """All proxies of a table against its original setting, in the table's order."""

    original: str
    original_accuracy: float  # mean over networks
    networks: int
    proxies: tuple[ProxyResult, ...]
    left_out: tuple[str, ...]  # proxies that lack a network
    sizes: tuple[SizeResult, ...]  # those that are known of all networks and differ
    resampled_rho: Mapping[str, Values]  # by proxy, the same resamples for all
    resampled_size: Mapping[Size, Values]  # the rho of each size, the same resamples again

    @property
    def ranked(self) -> tuple[ProxyResult, ...]:
        """The proxies whose rho is defined."""
        return tuple(result for result in self.proxies if result.rho is not None)

    @property
    def cost(self) -> Cost:
        """The best measure of cost that is known of all proxies; nominal if none is."""
        measures: tuple[Cost, ...] = ("multiply_adds", "seconds")
        known = [name for name in measures if all(result.acceleration[name] is not None for result in self.proxies)]
        return known[0] if known else "nominal"

    def result(self, proxy: str) -> ProxyResult:
        """A proxy's result; raises InputError for an unknown one."""
        found = {result.name: result for result in self.proxies}
        require(proxy in found, "proxy", proxy, "one of " + ", ".join(found))
        return found[proxy]

    def rho(self, proxy: str) -> float:
        """A proxy's rho; raises InputError if the proxy is unknown, UndefinedError if its rho is undefined."""
        result = self.result(proxy)
        if result.rho is None:
            raise UndefinedError(f"accuracies of {proxy}", result.mean_accuracy, DIFFERENT)
        return result.rho.value

    def front(self, cost: Cost) -> tuple[str, ...]:
        """The proxies that no other one beats in cost or rho while it is as good in the other, cheapest first."""
        points = {
            result.name: (1 / acceleration, result.rho.value)
            for result in self.ranked
            if result.rho is not None and (acceleration := result.acceleration[cost]) is not None
        }
        best = pareto_front(points.values())
        return tuple(sorted((name for name in points if points[name] in best), key=lambda name: points[name]))


def analyse(
    table: StudyTable,
    original: str,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Analysis:
    """Compares every proxy of the table that has all networks with the original setting.

    resamples, seed: of the bootstrap; progress: called with the number of resamples that are done, and of all. Raises
    InputError for an original setting that is unknown, lacks networks or gives all of them the same accuracy; for fewer
    than 3 networks; and where there is no proxy.
    """
    table.check_proxy(original)
    table.check_size()
    truth = table.accuracies(original)
    if not _differ(truth):
        raise UndefinedError(f"accuracies of {original}", float(truth[0]), DIFFERENT)
    others = [proxy for proxy in table.proxies if proxy != original]
    complete = {proxy: table.accuracies(proxy) for proxy in others if table.covers(proxy)}
    require(bool(complete), "proxies", others, f"at least one besides {original}, with a row of every network")
    ranked = {proxy: accuracies for proxy, accuracies in complete.items() if _differ(accuracies)}
    sizes = {name: values for name, values in table.sizes_of(original).items() if _differ(values)}
    lists = [*ranked.values(), *sizes.values()]
    resampled = resampled_coefficients(truth, lists, resamples, seed, progress)
    found = [agreement(truth, *pair) for pair in zip(lists, resampled, strict=True)]
    of_proxies, of_sizes = dict(zip(ranked, found, strict=False)), dict(zip(sizes, found[len(ranked) :], strict=True))
    by_chance = dict(zip(ranked, chances(truth, list(ranked.values()), seed), strict=True))
    return Analysis(
        original=original,
        original_accuracy=float(truth.mean()),
        networks=len(truth),
        proxies=tuple(
            _proxy_result(table, original, proxy, of_proxies.get(proxy), by_chance.get(proxy)) for proxy in complete
        ),
        left_out=tuple(proxy for proxy in others if proxy not in complete),
        sizes=tuple(SizeResult(name, each.rho, each.tau) for name, each in of_sizes.items()),
        resampled_rho={proxy: each.resampled_rho for proxy, each in of_proxies.items()},
        resampled_size={name: each.resampled_rho for name, each in of_sizes.items()},
    )


def retention_sizes(networks: int) -> list[tuple[int, int]]:
    """The paper's (top, kept) for its 50 networks, (10, 15) and (10, 20), scaled to another number of them."""
    top = max(1, round(TOP * networks))
    return [(top, max(top, round(kept * networks))) for kept in KEPT]


def _differ(values: Values) -> bool:
    return bool(np.any(values != values[0]))


def _proxy_result(
    table: StudyTable, original: str, proxy: str, found: Agreement | None, chance: float | None
) -> ProxyResult:
    truth, accuracies = table.accuracies(original), table.accuracies(proxy)
    same = f"rho is undefined: all networks have the same accuracy, {accuracies[0]:.4f}"
    return ProxyResult(
        name=proxy,
        rho=None if found is None else found.rho,
        tau=None if found is None else found.tau,
        undefined=same if found is None else None,
        chance=chance,
        retention=tuple(_retentions(truth.tolist(), accuracies.tolist())),
        acceleration=_accelerations(table, original, proxy),
        mean_accuracy=float(accuracies.mean()),
        gap=table.gap(proxy),
    )


def _retentions(truth: list[float], accuracies: list[float]) -> list[Retention]:
    sizes = retention_sizes(len(truth))
    return [Retention(top, kept, retention(truth, accuracies, top, kept)) for top, kept in sizes]


def _accelerations(table: StudyTable, original: str, proxy: str) -> dict[Cost, float | None]:
    def ratio(column: Literal["multiply_adds", "seconds"]) -> float | None:
        whole, reduced = table.cost(original, column), table.cost(proxy, column)
        return None if whole is None or reduced is None else whole / reduced

    return {
        "multiply_adds": ratio("multiply_adds"),
        "seconds": ratio("seconds"),
        "nominal": nominal_acceleration(original, proxy),
    }
