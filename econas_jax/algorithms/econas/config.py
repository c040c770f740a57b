"""The constants of EcoNAS, each with its source, checked as soon as they are set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from econas_jax.algorithms.pipeline import Pipelined
from econas_jax.algorithms.promoting import Promoting
from econas_jax.errors import InputError, require, require_integer

PARENTS_OF_16 = (6, 5, 5)  # children with a parent in P_E, P_2E, P_3E; released code


def following(rule: str) -> Any:
    """Returns a field that follows from others, by a rule in words, where it is None; it never stays None."""
    return field(default=None, metadata={"follows": rule})


@dataclass(frozen=True)
class EcoNASConfig(Promoting, Pipelined):
    """Constants of Algorithm 1; raises InputError for values that cannot describe a search.

    A search trains `initial_population + cycles * children` candidates. The defaults give 1,650; with cycles=60 it is
    the "1k models, 35k epochs" of the paper's section 5.2. Promotions and parents follow from `children` unless given.
    `lag=0` is Algorithm 1; with a lag a cycle's children and promotions are chosen together and train together.
    """

    length_field: ClassVar[str] = "cycles"

    initial_population: int = 50  # N_init; paper, section 5 (the released code has 16)
    cycles: int = 100  # C; paper, section 5
    children: int = 16  # N_0, per cycle; paper, section 5
    promotions_to_2e: int = following("half of children")  # N_1, rounded up; released code: 8 (the paper has none)
    promotions_to_3e: int = following("half of promotions_to_2e")  # N_2, rounded up; released code: 4 (paper: none)
    # Children with a parent in P_E, P_2E, P_3E; released code: (6, 5, 5). The largest remainders are rounded up.
    parents_per_population: tuple[int, int, int] = following("6:5:5 of children")
    tournament_divisor: int = 4  # a parent is the best of len // 4 + 1 draws; released code (paper: "more likely")
    lifetime: int = 10  # cycles without an update after which a model is dead; released code
    epochs: int = 20  # E; paper, section 5
    skip_repeats: bool = True  # never train two genotypes of one function; ours (the released code trains repeats)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("initial_population", self.initial_population, 1)
        require_integer("cycles", self.cycles, 0)
        require_integer("children", self.children, 1)
        self._follow()
        require_integer("promotions_to_2e", self.promotions_to_2e, 0)
        require_integer("promotions_to_3e", self.promotions_to_3e, 0)
        require_integer("tournament_divisor", self.tournament_divisor, 1)
        require_integer("lifetime", self.lifetime, 1)
        require_integer("epochs", self.epochs, 1)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")
        # What leaves a population each cycle has to be made up for by what enters it.
        require(
            self.promotions_to_2e <= self.children,
            "promotions_to_2e",
            self.promotions_to_2e,
            f"at most children ({self.children}), or not set: half of them",
        )
        require(
            self.promotions_to_3e <= self.promotions_to_2e,
            "promotions_to_3e",
            self.promotions_to_3e,
            f"at most promotions_to_2e ({self.promotions_to_2e}), or not set: half of it",
        )
        self._check_parents()
        self._check_promotions(self.cycles, "cycles")
        self._check_proxies()

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs: 3E."""
        return 3 * self.epochs

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung: E, 2E and 3E."""
        return self.epochs, 2 * self.epochs, self.total_epochs

    @property
    def stages(self) -> int:
        """The number of stages of a search in which no population runs empty.

        With a lag, nobody has trained for E when the first cycles are chosen, and nobody for 2E until as many later.
        """
        to_2e = max(0, self.cycles - self.lag) * self.promotions_to_2e
        to_3e = max(0, self.cycles - (2 * self.lag + 1 if self.lag else 0)) * self.promotions_to_3e
        return self.initial_population + self.cycles * self.children + to_2e + to_3e

    @property
    def rounds(self) -> int:
        """The number of the last round, which is the last cycle."""
        return self.cycles

    def _follow(self) -> None:
        """Sets the fields that are None by those that they follow."""
        if self.promotions_to_2e is None:
            object.__setattr__(self, "promotions_to_2e", (self.children + 1) // 2)
        if self.promotions_to_3e is None:
            require_integer("promotions_to_2e", self.promotions_to_2e, 0)
            object.__setattr__(self, "promotions_to_3e", (self.promotions_to_2e + 1) // 2)
        if self.parents_per_population is None:
            object.__setattr__(self, "parents_per_population", shares(self.children, PARENTS_OF_16))

    def _check_parents(self) -> None:
        name = "parents_per_population"
        value: object = self.parents_per_population  # a config file may hold anything
        allowed = f"three whole numbers of at least 0 with the sum {self.children}, the number of children, or not set"
        if not isinstance(value, tuple | list) or len(value) != 3:
            raise InputError(name, value, allowed)
        for share in value:
            require_integer(name, share, 0)
        require(sum(value) == self.children, name, value, allowed)
        object.__setattr__(self, name, tuple(value))


def shares(total: int, proportion: tuple[int, int, int]) -> tuple[int, ...]:
    """Divides a whole number in a proportion, by the method of largest remainders; of equal ones the first counts."""
    whole = sum(proportion)
    parts = [total * part // whole for part in proportion]
    by_remainder = sorted(range(len(parts)), key=lambda place: -(total * proportion[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
