"""Where an EcoNAS search stands, as an immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from econas_jax.algorithms.algorithm import AlgorithmState, Member
from econas_jax.algorithms.econas.population import Populations

Phase = Literal["initial", "children", "promote_2e", "promote_3e", "done"]


@dataclass(frozen=True)
class EcoNASState(AlgorithmState):
    """Everything a search needs to go on, except its space, config and seed; round 0 is the initial population."""

    phase: Phase = "initial"  # whose trials are pending, or are asked for next
    populations: Populations = ((), (), ())  # P_E, P_2E, P_3E, in the order of entry
    finished: tuple[Member, ...] = ()  # all that were ever in P_3E, as they entered it
    died: tuple[Member, ...] = ()  # all that died in P_E or P_2E
