"""Where a whole search stands: the algorithm's state, what has been recorded, and the living candidates' training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from econas_jax.algorithms import EcoNAS, EcoNASState, Result
from econas_jax.search.history import CycleSummary, StageRecord
from econas_jax.training.state import Vector


@dataclasses.dataclass(frozen=True)
class SearchState:
    """All that a commit holds. Everything else in a workdir can be made from it."""

    algorithm: EcoNASState
    answered: tuple[Result, ...] = ()  # results of the pending trials that are already trained
    stages: tuple[StageRecord, ...] = ()
    cycles: tuple[CycleSummary, ...] = ()
    seconds: float = 0.0  # spent on the search so far, interruptions not counted
    living: Mapping[int, Vector] = dataclasses.field(default_factory=dict)  # candidate -> its training state

    def with_living_only(self) -> SearchState:
        """Drops the training states of candidates that can never be trained again: the dead and those in P_3E."""
        first, second, _ = self.algorithm.populations
        promotable = {member.candidate for member in (*first, *second)}
        promotable |= {trial.candidate for trial in self.algorithm.pending if trial.rung < 3}
        return dataclasses.replace(self, living={key: self.living[key] for key in self.living if key in promotable})


def to_json(state: SearchState) -> dict[str, Any]:
    """All but the training states; `living` becomes the list of their candidates, in order."""
    return {
        "algorithm": EcoNAS.state_to_json(state.algorithm),
        "answered": [dataclasses.asdict(result) for result in state.answered],
        "stages": [dataclasses.asdict(stage) for stage in state.stages],
        "cycles": [dataclasses.asdict(cycle) for cycle in state.cycles],
        "seconds": state.seconds,
        "living": list(state.living),
    }


def from_json(fields: Mapping[str, Any], vectors: Mapping[int, Vector]) -> SearchState:
    """The inverse of `to_json`, given the training states by candidate."""
    return SearchState(
        algorithm=EcoNAS.state_from_json(fields["algorithm"]),
        answered=tuple(Result(**result) for result in fields["answered"]),
        stages=tuple(StageRecord(**stage) for stage in fields["stages"]),
        cycles=tuple(CycleSummary.from_fields(cycle) for cycle in fields["cycles"]),
        seconds=fields["seconds"],
        living=vectors,
    )
