"""What a candidate may cost, and which genotypes are never trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from econas_jax.errors import require_integer

Refusal = Literal["too_large", "blind"]  # above a limit; with an output that cannot depend on the image

# Says of a genotype why it is never to be trained, None if it may be. What a network costs, and what its output
# depends on, algorithms do not know: the search passes this in.
Refuse = Callable[[Any], Refusal | None]


def refuse_nothing(genotype: Any) -> Refusal | None:
    """Refuses no genotype."""
    return None


@dataclass(frozen=True)
class Limits:
    """The fields that the config of every algorithm has; raises InputError for limits that allow nothing.

    The numbers are those of `history.jsonl`: of the network that the search trains, with the proxy's channels,
    resolution and cells.
    """

    max_parameters: int | None = None  # of a candidate, by the proxy's network; a larger one is never trained
    max_multiply_adds: int | None = None  # of a candidate for one image, by the proxy's network; None: any number

    def __post_init__(self) -> None:
        for name in ("max_parameters", "max_multiply_adds"):
            if getattr(self, name) is not None:
                require_integer(name, getattr(self, name), 1)
