"""The constants of EcoNAS, each with its source, checked as soon as they are set."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.errors import InputError, require, require_integer


@dataclass(frozen=True)
class EcoNASConfig:
    """Constants of Algorithm 1; raises InputError for values that cannot describe a search.

    A search trains `initial_population + cycles * children` candidates. The defaults give 1,650; with cycles=60 it is
    the "1k models, 35k epochs" of the paper's section 5.2.
    """

    initial_population: int = 50  # N_init; paper, section 5 (the released code has 16)
    cycles: int = 100  # C; paper, section 5
    children: int = 16  # N_0, per cycle; paper, section 5
    promotions_to_2e: int = 8  # N_1; released code (the paper gives no number)
    promotions_to_3e: int = 4  # N_2; released code (the paper gives no number)
    parents_per_population: tuple[int, int, int] = (6, 5, 5)  # children with a parent in P_E, P_2E, P_3E; released code
    tournament_divisor: int = 4  # a parent is the best of len // 4 + 1 draws; released code (paper: "more likely")
    lifetime: int = 10  # cycles without an update after which a model is dead; released code
    epochs: int = 20  # E; paper, section 5
    skip_repeats: bool = True  # never train two genotypes of one function; ours (the released code trains repeats)

    def __post_init__(self) -> None:
        require_integer("initial_population", self.initial_population, 1)
        require_integer("cycles", self.cycles, 0)
        require_integer("children", self.children, 1)
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
            f"at most children ({self.children})",
        )
        require(
            self.promotions_to_3e <= self.promotions_to_2e,
            "promotions_to_3e",
            self.promotions_to_3e,
            f"at most promotions_to_2e ({self.promotions_to_2e})",
        )
        self._check_parents()

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs: 3E."""
        return 3 * self.epochs

    @property
    def stages(self) -> int:
        """The number of stages of a search in which no population runs empty."""
        return self.initial_population + self.cycles * (self.children + self.promotions_to_2e + self.promotions_to_3e)

    @property
    def rounds(self) -> int:
        """The number of the last round, which is the last cycle."""
        return self.cycles

    def _check_parents(self) -> None:
        field = "parents_per_population"
        value: object = self.parents_per_population  # a config file may hold anything
        allowed = f"three whole numbers of at least 0 with the sum {self.children}, the number of children"
        if not isinstance(value, tuple | list) or len(value) != 3:
            raise InputError(field, value, allowed)
        for share in value:
            require_integer(field, share, 0)
        require(sum(value) == self.children, field, value, allowed)
        object.__setattr__(self, field, tuple(value))
