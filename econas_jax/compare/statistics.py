"""Means over seeds and how sure they are: Student's intervals, of values and of paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95
SAME = 1e-9  # what is nearer to 0 is 0, but for rounding


@dataclass(frozen=True)
class Estimate:
    """A mean over runs with its 95 % interval; None where fewer than two runs give none.

    The interval is Student's: mean +- t * deviation / sqrt(runs) with runs - 1 degrees of freedom. It takes the runs as
    independent and their mean as about normal; unlike a bootstrap it is honest for three runs, too: it is wide then.
    """

    mean: float
    runs: int
    deviation: float | None  # standard deviation of the runs, by runs - 1
    low: float | None
    high: float | None

    @property
    def sign(self) -> int:
        """Returns 1 or -1 where 0 is outside the interval, else 0."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > SAME) - int(self.high < -SAME)


def estimate(values: Sequence[float]) -> Estimate | None:
    """Returns the mean of the values with its interval; None of no values."""
    if not values:
        return None
    array = np.asarray(values, float)
    mean, runs = float(array.mean()), len(array)
    if runs < 2:
        return Estimate(mean, runs, None, None, None)
    deviation = float(array.std(ddof=1))
    half = half_width(deviation, runs)
    return Estimate(mean, runs, deviation, mean - half, mean + half)


def half_width(deviation: float, runs: int) -> float:
    """Returns half the width of the 95 % interval of a mean."""
    return float(stdtrit(runs - 1, (1 + CONFIDENCE) / 2)) * deviation / runs**0.5
