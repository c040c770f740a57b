"""New candidates: genotypes drawn so that no function is trained twice, numbered and made into trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmState, Member, Trial
from econas_jax.spaces.space import Genotype, Space

REPEATS_BEFORE_DRIFT = 20  # after these repeats of one draw, mutate the repeat: the neighbourhood may be used up
MAXIMUM_REPEATS = 1000  # then take the repeat: the whole space may be used up

S = TypeVar("S", bound=AlgorithmState)
ParentChoice = Callable[[np.random.Generator], Member | None]  # None: the candidate is drawn at random
Mutation = Callable[[Any, np.random.Generator], Genotype]


class Drawn(NamedTuple):
    """A genotype for a new candidate."""

    genotype: Genotype
    parent: Member | None  # it was mutated from; None: drawn at random


def no_parent(rng: np.random.Generator) -> Member | None:
    """Chooses no parent, so that the candidate is drawn at random."""
    return None


def draw_candidates(
    space: Space[Any],
    state: S,
    parents: Sequence[ParentChoice],
    *,
    seed: int,
    phase: str,
    epochs: int,
    skip_repeats: bool,
    mutate: Mutation | None = None,
) -> S:
    """Returns the state with one new candidate pending for each choice of a parent.

    The i-th of a round draws its parent and then its genotype from a generator made of (seed, round, i).
    skip_repeats: draw again while the function was seen; mutate: in place of the space's own.
    """
    seen, skipped = set(state.seen), state.skipped_repeats
    drawn = []
    for index, choose_parent in enumerate(parents):
        rng = np.random.default_rng([seed, state.round, index])
        parent = choose_parent(rng)
        mutation = mutate or space.mutate
        draw = partial(space.sample, rng) if parent is None else partial(mutation, parent.genotype, rng)
        genotype, repeats = draw_unseen(space, draw, seen, rng) if skip_repeats else (draw(), 0)
        seen.add(function_of(space, genotype))
        skipped += repeats
        drawn.append(Drawn(genotype, parent))
    return add_candidates(space, replace(state, skipped_repeats=skipped), drawn, phase=phase, epochs=epochs)


def draw_unseen(
    space: Space[Any], draw: Callable[[], Genotype], seen: Set[str], rng: np.random.Generator
) -> tuple[Genotype, int]:
    """Draws until the function is not among the seen ones; returns the genotype and how many were skipped.

    Where a draw repeats too often its last result is mutated, step by step; in the end a repeat is taken.
    """
    genotype = draw()
    repeats = 0
    while repeats < MAXIMUM_REPEATS and function_of(space, genotype) in seen:
        repeats += 1
        genotype = space.mutate(genotype, rng) if repeats > REPEATS_BEFORE_DRIFT else draw()
    return genotype, repeats


def add_candidates(space: Space[Any], state: S, drawn: Sequence[Drawn], *, phase: str, epochs: int) -> S:
    """Returns the state with a first stage of `epochs` epochs pending for every drawn genotype."""
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
        seen=state.seen | {function_of(space, genotype) for genotype, _ in drawn},
        pending=trials,
    )


def function_of(space: Space[Any], genotype: Genotype) -> str:
    """Returns a text that genotypes which compute the same function share, as `AlgorithmState.seen` holds it."""
    return str(space.canonical(genotype))
