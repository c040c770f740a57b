"""Bootstrap over networks: how far a coefficient would move had other networks been drawn from the space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from econas_jax.errors import require_integer
from econas_jax.study.coefficients import Accuracies

Counts = npt.NDArray[np.float64]
Values = npt.NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 2_000


@dataclass(frozen=True)
class Interval:
    """The middle 95 % of a coefficient's values over the resamples (percentile bootstrap)."""

    low: float
    high: float

    @property
    def contains_zero(self) -> bool:
        """Whether the sign is open."""
        return self.low <= 0 <= self.high

    def __str__(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}"


def resample(networks: int, resamples: int, seed: int) -> Counts:
    """How often each network is drawn in each resample, float [resamples, networks]; a row sums to `networks`.

    The same resamples serve all proxies, so that their coefficients can be subtracted resample by resample.
    """
    require_integer("networks", networks, 1)
    require_integer("resamples", resamples, 1)
    rng = np.random.default_rng([seed, networks, resamples])
    return rng.multinomial(networks, np.full(networks, 1 / networks), size=resamples).astype(np.float64)


def spearman_resampled(x: Accuracies, y: Accuracies, counts: Counts) -> Values:
    """Spearman's rho in every resample, float [resamples]; nan where all its networks are equal in x or y.

    A network's mean rank is linear in the counts: those below it and half of those equal to it, but for a constant.
    """
    return _pearson(counts @ _below(x), counts @ _below(y), counts)


def kendall_resampled(x: Accuracies, y: Accuracies, counts: Counts) -> Values:
    """Kendall's tau-b in every resample, float [resamples]; nan where all its networks are equal in x or y.

    Sums over pairs of networks are quadratic forms in the counts; copies of one network are ties.
    """
    first, second = _signs(x), _signs(y)
    both, of_x, of_y = (
        np.einsum("bi,ij,bj->b", counts, matrix, counts, optimize=True)
        for matrix in (first * second, first**2, second**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / np.sqrt(of_x * of_y))


def interval(values: Values) -> Interval | None:
    """The middle of the values that are defined; None where fewer than half of them are."""
    defined = values[np.isfinite(values)]
    if len(defined) * 2 < len(values):
        return None
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))


def _below(values: Accuracies) -> Values:
    """[i, j]: 1 where network i is below network j, 1/2 where they are equal."""
    return (1 - _signs(values)) / 2


def _signs(values: Accuracies) -> Values:
    """[i, j]: the sign of the value of i less that of j."""
    array = np.asarray(values, dtype=np.float64)
    return np.asarray(np.sign(array[:, None] - array[None, :]))


def _pearson(x: Values, y: Values, weights: Counts) -> Values:
    total = weights.sum(axis=1, keepdims=True)
    x = x - (weights * x).sum(axis=1, keepdims=True) / total
    y = y - (weights * y).sum(axis=1, keepdims=True) / total
    covariance, of_x, of_y = ((weights * product).sum(axis=1) for product in (x * y, x * x, y * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = covariance / np.sqrt(of_x * of_y)
    # Ranks are multiples of 1/2, so that a variance this small is one of 0 and a rounding error.
    coefficients[(of_x < 1e-9) | (of_y < 1e-9)] = np.nan
    return np.asarray(coefficients)
