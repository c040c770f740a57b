"""How well one list of accuracies keeps the ranks of another: Spearman's rho, Kendall's tau, retention, entropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.stats

from econas_jax.errors import InputError, require, require_integer

Accuracies = Sequence[float] | npt.NDArray[np.float64]
DIFFERENT = "accuracies that differ: where all are equal there are no ranks and rho is undefined"
MINIMUM_NETWORKS = 3  # with two networks every coefficient is 1 or -1


class UndefinedError(InputError):
    """Accuracies that give no ranks: all networks are equal, so a rank coefficient would divide zero by zero."""


def spearman(x: Accuracies, y: Accuracies) -> float:
    """Spearman's rank coefficient rho, in [-1, 1] (paper, equation 1).

    Equal values share the mean of the places they take, and rho is Pearson's coefficient of these ranks; without ties
    that is the paper's 1 - 6 sum(d^2) / (K (K^2 - 1)), which ties would bias. x, y: an accuracy of each network.
    Raises InputError for lists of different lengths, with fewer than 3 networks or with numbers that are not finite;
    UndefinedError (an InputError) if all values of a list are equal.
    """
    return float(scipy.stats.spearmanr(*_checked(x, y)).statistic)


def kendall(x: Accuracies, y: Accuracies) -> float:
    """Kendall's tau-b, in [-1, 1]: concordant less discordant pairs, over the pairs without ties (in x, in y).

    Raises as `spearman` does.
    """
    return float(scipy.stats.kendalltau(*_checked(x, y), variant="b").statistic)


def ranks(accuracies: Accuracies) -> npt.NDArray[np.float64]:
    """Places from 1, the most accurate network's; equal ones share the mean of the places they take."""
    return np.asarray(scipy.stats.rankdata(-_finite("accuracies", accuracies), method="average"))


class RankPair(NamedTuple):
    """A network's place in the original setting and by the proxy (a point of the paper's Figure 3)."""

    original: float
    proxy: float


def rank_pairs(original: Accuracies, proxy: Accuracies) -> list[RankPair]:
    """The places of every network; raises InputError as `spearman` does, but equal accuracies are allowed."""
    pairs = zip(ranks(original).tolist(), ranks(proxy).tolist(), strict=True)
    return [RankPair(*pair) for pair in pairs]


def retention(original: Accuracies, proxy: Accuracies, top: int, kept: int) -> float:
    """The share of the `top` best networks of the original setting that are among the proxy's `kept` best (Figure 9).

    In the original setting, of equal networks the first in the list count as better. By the proxy, networks that tie
    across the border of `kept` are not kept: picking `kept` networks would not be sure to find them.
    Raises InputError unless 1 <= top <= kept <= networks.
    """
    first, second = _same_length(original, proxy)
    require_integer("kept", kept, 1, len(first))
    require_integer("top", top, 1, kept)
    best = np.argsort(-first, kind="stable")[:top]
    places = scipy.stats.rankdata(-second, method="max")
    return float(np.mean(places[best] <= kept))


def entropy(values: Sequence[float]) -> float | None:
    """The paper's monotonicity of rho along a dimension, in [-1, 1]; None where it is undefined.

    Net change over total variation, `sum(diff) / sum(abs(diff))`: 1 where values only grow, -1 where they only fall.
    The paper's appendix with its own definition is not at hand; this one has the range and the meaning that section
    3.3 gives. Undefined for fewer than two values, and for values that are all equal.
    """
    steps = np.diff(_finite("values", values))
    variation = float(np.abs(steps).sum())
    return float(steps.sum()) / variation if variation > 0 else None


def _checked(x: Accuracies, y: Accuracies) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    first, second = _same_length(x, y)
    allowed = f"at least {MINIMUM_NETWORKS} networks: the ranks of fewer say nothing"
    require(len(first) >= MINIMUM_NETWORKS, "networks", len(first), allowed)
    for name, values in (("x", first), ("y", second)):
        if np.all(values == values[0]):
            raise UndefinedError(f"accuracies {name}", float(values[0]), DIFFERENT)
    return first, second


def _same_length(x: Accuracies, y: Accuracies) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    first, second = _finite("x", x), _finite("y", y)
    allowed = f"{len(first)}, an accuracy for each network of the other list"
    require(len(first) == len(second), "number of accuracies", len(second), allowed)
    return first, second


def _finite(name: str, values: Accuracies) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    require(array.ndim == 1, name, array.shape, "a flat list of numbers")
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise InputError(f"{name}[{wrong[0]}]", float(array[wrong[0]]), "a finite number")
    return array
