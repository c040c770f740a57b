"""A setting of a study by name: the paper's proxy names, with a suffix for another number of cells."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from econas_jax.errors import InputError
from econas_jax.spaces.proxy import Proxy

NAME = re.compile(r"(c[0-9]+r[0-9]+s[0-9]+e[0-9]+)(?:n([1-9][0-9]?))?", re.ASCII)

# Section 4.1 and Table 4 of the paper: their names here and the rho it reports for them.
PREVIOUS = {"c1r0s0e25n2": ("AmoebaNet's", 0.70), "c0r0s0e20n2": ("NASNet's", 0.65)}


@dataclass(frozen=True)
class Setting:
    """What networks are trained by: a proxy, and N cells a stage where it is not the study's own (None)."""

    proxy: Proxy
    cells_per_stage: int | None = None

    @classmethod
    def parse(cls, name: str) -> Setting:
        """Reads a name such as c4r4s0e60, or c1r0s0e25n2 for N = 2; raises InputError for anything else."""
        match = NAME.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise InputError("proxy", name, "a name such as c4r4s0e60, or c1r0s0e25n2 for one with N = 2")
        cells = match.group(2)
        return cls(Proxy.parse(match.group(1)), int(cells) if cells else None)

    @property
    def subscripts(self) -> tuple[int, int, int]:
        """Table 1's subscripts of c, r and s."""
        found = self.proxy.subscripts
        assert found is not None  # a parsed name has them
        return found

    def __str__(self) -> str:
        return f"{self.proxy}{'' if self.cells_per_stage is None else f'n{self.cells_per_stage}'}"


def parse_or_none(name: str) -> Setting | None:
    """The setting of a name, None for a name from elsewhere that is not the paper's."""
    try:
        return Setting.parse(name)
    except InputError:
        return None


def nominal_acceleration(original: str, proxy: str) -> float | None:
    """How many times cheaper the proxy is by the paper's rule (2^(a+b+c), and the epochs); None if it has no say.

    It has none for names that are not the paper's and where the numbers of cells differ.
    """
    one, other = parse_or_none(original), parse_or_none(proxy)
    if one is None or other is None or one.cells_per_stage != other.cells_per_stage:
        return None
    halvings = sum(other.subscripts) - sum(one.subscripts)
    return math.pow(2, halvings) * one.proxy.epochs / other.proxy.epochs
