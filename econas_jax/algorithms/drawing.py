"""New candidates: the one gate through which every genotype that is to be trained passes, numbered and made a trial.

A genotype whose function has been seen, that is larger than the search's limits, or whose output cannot depend on the
image, is skipped and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmState, Member, Trial
from econas_jax.algorithms.limits import Refuse, refuse_nothing
from econas_jax.algorithms.seeding import generator
from econas_jax.spaces.space import Genotype, Space

REPEATS_BEFORE_DRIFT = 20  # after these repeats of one draw, mutate the repeat: the neighbourhood may be used up
MAXIMUM_SKIPPED = 1000  # of one turn, which is then given up: the space may be used up

S = TypeVar("S", bound=AlgorithmState)
ParentChoice = Callable[[np.random.Generator], Member | None]  # None: the candidate is drawn at random
Mutation = Callable[[Any, np.random.Generator], Genotype]


class Drawn(NamedTuple):
    """A genotype for a new candidate."""

    genotype: Genotype
    parent: Member | None  # it was mutated from; None: drawn at random


# A place in a batch: called until what it gives may be trained, with the number of repeats it has given so far. None:
# there is nothing more.
Turn = Callable[[int], Drawn | None]


class Gate(NamedTuple):
    """What decides whether a genotype may be trained."""

    space: Space[Any]
    refuse: Refuse = refuse_nothing
    skip_repeats: bool = True  # never train two genotypes of one function


def no_parent(rng: np.random.Generator) -> Member | None:
    """Chooses no parent, so that the candidate is drawn at random."""
    return None


def draw_candidates(
    gate: Gate,
    state: S,
    parents: Sequence[ParentChoice],
    *,
    seed: int,
    phase: str,
    epochs: int,
    mutate: Mutation | None = None,
) -> S:
    """Returns the state with one new candidate pending for each choice of a parent.

    The i-th of a round draws its parent and then its genotype from a generator made of (seed, round, i).
    mutate: in place of the space's own.
    """
    turns = [
        random_turn(gate.space, choose, generator(seed, state.round, index), mutate)
        for index, choose in enumerate(parents)
    ]
    return add_candidates(gate, state, turns, phase=phase, epochs=epochs)


def random_turn(
    space: Space[Any], choose_parent: ParentChoice, rng: np.random.Generator, mutate: Mutation | None = None
) -> Turn:
    """Returns a turn that draws children of one parent, or genotypes from the whole space.

    Where too many of them repeat what was seen, it goes on from the last one, mutation by mutation.
    """
    parent = choose_parent(rng)
    draw = partial(space.sample, rng) if parent is None else partial(mutate or space.mutate, parent.genotype, rng)
    last: Genotype | None = None

    def turn(repeats: int) -> Drawn:
        nonlocal last
        last = draw() if last is None or repeats <= REPEATS_BEFORE_DRIFT else space.mutate(last, rng)
        return Drawn(last, parent)

    return turn


def listed_turn(drawn: Iterable[Drawn]) -> Turn:
    """Returns a turn that takes the next of a list; given to several places of a batch, they share the list."""
    rest = iter(drawn)
    return lambda repeats: next(rest, None)


def add_candidates(gate: Gate, state: S, turns: Iterable[Turn], *, phase: str, epochs: int) -> S:
    """Returns the state with a first stage of `epochs` epochs pending for what each turn gives.

    They follow what is pending already. A turn that gives nothing which may be trained is over without a candidate;
    where none gives anything, the state stays as it was.
    """
    new, skipped = set[str](), Counter[str]()
    drawn = [found for turn in turns if (found := _first_admitted(gate, turn, state.seen, new, skipped)) is not None]
    if not drawn:
        return state
    trials = tuple(
        Trial(
            candidate=state.next_candidate + index,
            genotype=genotype,
            parent=None if parent is None else parent.candidate,
            round=state.round,
            phase=phase,
            start_epoch=0,
            end_epoch=epochs,
        )
        for index, (genotype, parent) in enumerate(drawn)
    )
    return replace(
        state,
        next_candidate=state.next_candidate + len(trials),
        seen=state.seen | new,
        skipped_repeats=state.skipped_repeats + skipped["repeat"],
        skipped_too_large=state.skipped_too_large + skipped["too_large"],
        skipped_blind=state.skipped_blind + skipped["blind"],
        pending=(*state.pending, *trials),
    )


def _first_admitted(gate: Gate, turn: Turn, seen: Set[str], new: set[str], skipped: Counter[str]) -> Drawn | None:
    """Returns the first that may be trained of what a turn gives, and adds its function to the new ones."""
    repeats = 0
    for _ in range(1 + MAXIMUM_SKIPPED):
        drawn = turn(repeats)
        if drawn is None:
            return None
        reason: str | None = gate.refuse(drawn.genotype)
        if reason is None:
            function = function_of(gate.space, drawn.genotype)
            if not gate.skip_repeats or (function not in seen and function not in new):
                new.add(function)
                return drawn
            reason = "repeat"
            repeats += 1
        skipped[reason] += 1
    return None


def function_of(space: Space[Any], genotype: Genotype) -> str:
    """Returns a text that genotypes which compute the same function share, as `AlgorithmState.seen` holds it."""
    return str(space.canonical(genotype))
