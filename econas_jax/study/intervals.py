"""A coefficient with its interval, or with the reason why networks so few or so alike give none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
# Percentile intervals of rho cover the truth in 91 to 98 % of samples of 8 networks and more, and where rho is high in
# as little as 47 % of those of 4 (normal pairs, Pearson's r from 0 to 0.95).
MINIMUM_FOR_INTERVAL = 8
SAME = 1e-9  # a narrower interval has no width but that of rounding


@dataclass(frozen=True)
class Interval:
    """The middle 95 % of a coefficient's values over the resamples (percentile bootstrap)."""

    low: float
    high: float

    @property
    def contains_zero(self) -> bool:
        """Whether the sign is open."""
        return self.low <= 0 <= self.high

    @property
    def digits(self) -> int:
        """How many decimals tell its ends apart."""
        return 2 if f"{self.low:.2f}" != f"{self.high:.2f}" else 4

    def __str__(self) -> str:
        return f"{self.low:.{self.digits}f} to {self.high:.{self.digits}f}"


@dataclass(frozen=True)
class Coefficient:
    """A rank coefficient, or a difference of two, and its 95 % bootstrap interval over networks."""

    value: float
    interval: Interval | None
    no_interval: str | None = None  # why there is none
    sign: int = 0  # 1 or -1 where it is known, 0 where it is open

    def __str__(self) -> str:
        return f"{self.number} ({'no interval' if self.interval is None else self.interval})"

    @property
    def number(self) -> str:
        """The value with as many decimals as the interval."""
        return f"{self.value:.{2 if self.interval is None else self.interval.digits}f}"

    @property
    def spread(self) -> str:
        """The interval in words."""
        return f"no interval: {self.no_interval}" if self.interval is None else f"95 % interval {self.interval}"


def coefficient(value: float, resampled: npt.NDArray[np.float64], networks: int) -> Coefficient:
    """Returns a coefficient with the interval that its values over the resamples of `networks` networks give.

    There is none for too few networks, which resamples only repeat; where resamples all have the same value, as those
    of two equal orders; and where most resamples have no value, because nearly all networks are equal. The sign is open
    without an interval, but for resamples that all have the same value.
    """
    if networks < MINIMUM_FOR_INTERVAL:
        return Coefficient(value, None, f"{networks} networks are too few, it takes {MINIMUM_FOR_INTERVAL}")
    defined = resampled[np.isfinite(resampled)]
    if len(defined) * 2 < len(resampled):
        return Coefficient(value, None, "most resamples have only equal networks")
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    sign = int(low > SAME) - int(high < -SAME)
    if high - low < SAME:
        return Coefficient(value, None, "the same in every resample", sign)
    return Coefficient(value, Interval(float(low), float(high)), None, sign)
