"""Hyperband (Li et al., JMLR 2018): brackets of successive halving, from many candidates at few epochs to few at many.

How many candidates a bracket of s + 1 rungs begins with is published twice. The formula rounds up,
n = ceil((s_max + 1) / (s + 1) * eta^s); the paper's own table for R = 81 and eta = 3 rounds (s_max + 1) / (s + 1) down
first. They begin with 81, 34, 15, 8, 5 and with 81, 27, 9, 6, 5 candidates.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar, Literal

from econas_jax.algorithms.promoting import Promoting
from econas_jax.algorithms.successive_halving import Bracket, HalvingSearch, bracket, epochs_of
from econas_jax.errors import require, require_integer


@dataclass(frozen=True)
class HyperbandConfig(Promoting):
    """The constants of the search; raises InputError for values that make no search.

    The defaults train 49 candidates in a repetition; 67 repetitions take about 60,000 candidate-epochs.
    """

    length_field: ClassVar[str] = "repetitions"

    maximum_epochs: int = 60  # R, of a candidate that is never dropped
    eta: int = 3  # of a rung's candidates one in so many goes on
    rounding: Literal["ceil", "floor"] = "ceil"  # of first rungs: as by the formula, or as in the paper's table
    repetitions: int = 67  # of all brackets, the one with the most rungs first
    skip_repeats: bool = True  # never train two genotypes of one function

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("maximum_epochs", self.maximum_epochs, 1)
        require_integer("eta", self.eta, 2)
        require(self.rounding in ("ceil", "floor"), "rounding", self.rounding, "ceil or floor")
        require_integer("repetitions", self.repetitions, 1)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")
        self._check_proxies()

    @functools.cached_property  # asked for in every round
    def brackets(self) -> tuple[Bracket, ...]:
        """The brackets of one repetition: with s_max + 1 rungs, then one fewer each, down to one."""
        most = _largest_power(self.eta, self.maximum_epochs)
        brackets = []
        for s in range(most, -1, -1):
            # In whole numbers: 3^4 by a logarithm and a power is 80.999...
            if self.rounding == "ceil":
                candidates = -(-(most + 1) * self.eta**s // (s + 1))
            else:
                candidates = (most + 1) // (s + 1) * self.eta**s
            brackets.append(bracket(candidates, self.eta, s + 1, self.maximum_epochs))
        return tuple(brackets)

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs."""
        return self.maximum_epochs

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung of the longest bracket, which has all."""
        return epochs_of(self.brackets)

    @property
    def stages(self) -> int:
        """The number of stages where no candidate fails."""
        return self.repetitions * sum(rung.size for bracket in self.brackets for rung in bracket)

    @property
    def rounds(self) -> int:
        """The number of the last round; each rung of each bracket is one."""
        return self.repetitions * sum(map(len, self.brackets)) - 1


class Hyperband(HalvingSearch[HyperbandConfig]):
    """All brackets, again and again."""


def _largest_power(base: int, number: int) -> int:
    """Returns the largest exponent whose power of the base is at most the number."""
    exponent = 0
    while base ** (exponent + 1) <= number:
        exponent += 1
    return exponent
