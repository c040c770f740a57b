"""Which training states a search keeps of its best candidates: those of the members that the algorithm ranks first.

A candidate lives while it may be trained further; the best of a search are mostly past that. Their states are kept
beside those of the living, in the same commit, so that the ranking and the weights always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from econas_jax.algorithms.algorithm import Algorithm, AlgorithmState, Result, oldest_batch
from econas_jax.search.state import Kept, KeptKey, SearchState
from econas_jax.training.state import Vector


def kept_within_phase(
    state: SearchState, algorithm: Algorithm[Any], count: int, key: KeptKey, vector: Vector | None
) -> Kept:
    """Returns what to keep after one more stage of a phase, of which others are under way; vector: what it ended with.

    The states of the best so far, which the ranking names until the phase is over, and of those that may be among the
    best then: the best if all that is left of the phase failed, for a result more can only push others down. With
    several batches in flight that is the oldest's phase; what is over early of the others is kept until their turn.
    """
    held = dict(state.kept)
    if vector is not None:
        held[key] = state.living[key[0]] if key[0] in state.living else np.copy(vector)  # not a row of its whole wave
    if not held:
        return {}  # nothing to choose from, as in a search on a table
    answered = {result.candidate: result for result in state.answered}
    batch = [trial.candidate for trial in oldest_batch(state.algorithm)]
    results = [answered.get(candidate, Result(candidate, None)) for candidate in batch]
    if_all_failed = algorithm.tell(state.algorithm, results)
    wanted = {*_best(algorithm, state.algorithm, count), *_best(algorithm, if_all_failed, count)}
    wanted |= _early(state, count, batch)
    return {key: held[key] for key in sorted(wanted & held.keys())}


def kept_after_phase(state: SearchState, algorithm: Algorithm[Any], count: int) -> Kept:
    """Returns the states of the best, best first, once the algorithm has been told of a phase; those that are there.

    Then those of stages whose batch is not told yet. living is as the phase left it. A state is not there if it was
    dropped before its candidate rose among the best: its candidate died, and one ranked before it failed later; or the
    count was less at the time.
    """
    held = dict(state.kept)
    if not held and not state.living:
        return {}
    best = _best(algorithm, state.algorithm, count)
    for candidate, epochs in best:
        if candidate in state.living:
            held.setdefault((candidate, epochs), state.living[candidate])
    early = sorted(_early(state, count) - set(best))
    return {key: held[key] for key in [*best, *early] if key in held}


def _early(state: SearchState, count: int, oldest: Sequence[int] = ()) -> set[KeptKey]:
    """Returns candidate and epochs of the stages that are answered and not told, but for those of the oldest batch."""
    answered = {result.candidate for result in state.answered}.difference(oldest) if count else ()
    return {(trial.candidate, trial.end_epoch) for trial in state.algorithm.pending if trial.candidate in answered}


def _best(algorithm: Algorithm[Any], state: AlgorithmState, count: int) -> list[KeptKey]:
    """Returns candidate and epochs of the best members, best first."""
    return [(member.candidate, member.epochs) for member in algorithm.best(state, count)] if count else []
