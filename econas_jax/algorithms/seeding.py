"""Generators of random numbers by three counters: np.random.default_rng's, with many of their seeds hashed at once.

NumPy hashes one seed after the other, in seven microseconds each, a sixth of what a search on a table takes for a
candidate. Its hash is that of M. E. O'Neill's seed_seq_fe, of which NumPy promises that it stays (NEP 19; the code is
`SeedSequence` in numpy/random/bit_generator.pyx). Here it runs over arrays of seeds, in the same steps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

Words = npt.NDArray[Any]  # of 32 or of 64 bits

ROUNDS, PLACES = 64, 32  # whose seeds are hashed at once
WORDS = 4  # of 32 bits: what entropy is mixed in
MASK = 2**32 - 1
ENTROPY, STATE = (0x43B0D7E5, 0x931E8875), (0x8B51F9DD, 0x58F38DED)  # the first constant of a hash, and its factor
MIX_LEFT, MIX_RIGHT = 0xCA01F9DD, 0x4973F715


def generator(seed: int, number: int, place: int) -> np.random.Generator:
    """Returns np.random.default_rng((seed, number, place)), sooner; number: of a round, place: in its batch."""
    if max(seed, number, place) > MASK:
        return np.random.default_rng((seed, number, place))
    block = _block(seed, number // ROUNDS, place // PLACES)
    seed_sequence = _Hashed(block[number % ROUNDS, place % PLACES])
    return np.random.Generator(np.random.PCG64(seed_sequence))  # type: ignore[arg-type]  # NumPy's own kind is annotated


class _Hashed(ISeedSequence):
    """A seed that is hashed already, into the four words of 64 bits that PCG64 asks for."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Words:
        """Returns the words."""
        return self._words


@functools.lru_cache(maxsize=32)  # 64 KiB each
def _block(seed: int, rounds: int, places: int) -> Words:
    """Returns the hashed seeds of a block of rounds and places, [ROUNDS, PLACES, 4]."""
    shape = (ROUNDS, PLACES)
    counters = (
        np.full(shape, seed),
        np.broadcast_to(rounds * ROUNDS + np.arange(ROUNDS)[:, None], shape),
        np.broadcast_to(places * PLACES + np.arange(PLACES), shape),
        np.zeros(shape),
    )
    hashed = _hashing(*ENTROPY)
    pool = [hashed(counter.astype(np.uint32)) for counter in counters]
    for source in range(WORDS):
        for target in range(WORDS):
            if source != target:
                mixed = MIX_LEFT * pool[target] - MIX_RIGHT * hashed(pool[source])
                pool[target] = mixed ^ (mixed >> 16)
    hashed = _hashing(*STATE)
    halves = [hashed(pool[place % WORDS]).astype(np.uint64) for place in range(2 * WORDS)]
    return np.stack([low | (high << 32) for low, high in zip(halves[::2], halves[1::2], strict=True)], axis=-1)


def _hashing(constant: int, factor: int) -> Callable[[Words], Words]:
    """Returns the hash of 32-bit words, whose constant changes with every call."""

    def hashed(words: Words) -> Words:
        nonlocal constant
        before, constant = constant, constant * factor & MASK
        words = (words ^ before) * constant
        return words ^ (words >> 16)

    return hashed
