"""Where a whole search stands: the algorithm's state, what has been recorded, and the living candidates' training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from econas_jax.algorithms.algorithm import Algorithm, AlgorithmState, Result
from econas_jax.errors import InputError, require
from econas_jax.search.earlier_format import commit_fields
from econas_jax.search.history import RoundSummary, StageRecord
from econas_jax.training.state import Vector

Arrays = Mapping[str, npt.NDArray[Any]]
KeptKey = tuple[int, int]  # a candidate, and the epochs for which it had trained
Kept = Mapping[KeptKey, Vector]


@dataclasses.dataclass(frozen=True)
class SearchState:
    """All that a commit holds. Everything else in a workdir can be made from it."""

    algorithm: AlgorithmState
    answered: tuple[Result, ...] = ()  # results of the pending trials that are already trained, of whatever batch
    stages: Sequence[StageRecord] = ()  # in the order of the jobs, which no placement changes; immutable
    early: tuple[StageRecord, ...] = ()  # of stages that were over before one that comes first in that order
    rounds: tuple[RoundSummary, ...] = ()
    seconds: float = 0.0  # spent on the search so far, interruptions not counted
    living: Mapping[int, Vector] = dataclasses.field(default_factory=dict)  # candidate -> its training state
    kept: Kept = dataclasses.field(default_factory=dict)  # training states of the best, living or not (`keeping`)


def to_commit(state: SearchState, algorithm: Algorithm[Any]) -> tuple[dict[str, Any], Arrays]:
    """Turns a state into a commit's fields, in JSON's types, and its arrays.

    `living` lists the candidates of the array `vectors`, `kept` candidates and epochs of the array `kept`.
    """
    fields = {
        "algorithm": algorithm.to_json(state.algorithm),
        "answered": [dataclasses.asdict(result) for result in state.answered],
        "stages": [dict(vars(stage)) for stage in state.stages],  # asdict takes five times as long
        "early": [dataclasses.asdict(stage) for stage in state.early],
        "rounds": [summary.to_fields() for summary in state.rounds],
        "seconds": state.seconds,
        "living": list(state.living),
        "kept": [list(key) for key in state.kept],
    }
    rows = {"vectors": list(state.living.values()), "kept": list(state.kept.values())}
    return fields, {name: np.stack(vectors) for name, vectors in rows.items() if vectors}


def from_commit(fields: Mapping[str, Any], arrays: Arrays, algorithm: Algorithm[Any]) -> SearchState:
    """Turns what a commit holds into the state that it was made of."""
    living, kept = fields["living"], [(candidate, epochs) for candidate, epochs in fields.get("kept", ())]
    return SearchState(
        algorithm=algorithm.from_json(fields["algorithm"]),
        answered=tuple(Result(**result) for result in fields["answered"]),
        stages=tuple(StageRecord(**stage) for stage in fields["stages"]),
        early=tuple(StageRecord(**stage) for stage in fields["early"]),
        rounds=tuple(RoundSummary.from_fields(summary) for summary in fields["rounds"]),
        seconds=fields["seconds"],
        # Copies, for a row that is only looked at would keep the whole matrix in memory.
        living={c: np.copy(row) for c, row in zip(living, arrays["vectors"] if living else (), strict=True)},
        kept={key: np.copy(row) for key, row in zip(kept, arrays["kept"] if kept else (), strict=True)},
    )


def restored(fields: Mapping[str, Any], arrays: Arrays, algorithm: Algorithm[Any], state_size: int) -> SearchState:
    """Returns the state of a commit, of this version or of the earlier one; state_size: of a training state.

    Raises InputError for a commit of another version, or with training states of another length.
    """
    try:
        state = from_commit(commit_fields(fields, algorithm.config.total_epochs // 3), arrays, algorithm)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError) as error:  # its checksum is right, so it is not damaged
        raise InputError("workdir's commit", list(fields), f"the fields of this version ({error})") from error
    for vector in (*state.living.values(), *state.kept.values()):
        allowed = f"{state_size} values a candidate"
        require(len(vector) == state_size, "workdir's training states", len(vector), allowed)
    return state
