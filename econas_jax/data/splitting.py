"""Takes a validation split off the training images, by seed and in each class's proportion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from econas_jax.data.dataset import Split
from econas_jax.errors import InputError, require_integer

# Keeps these random numbers apart from the others that are drawn from the same seed.
SPLIT_STREAM = 10_007


def split_off(split: Split, num_classes: int, size: int, seed: int) -> tuple[Split, Split]:
    """Returns the rest of a split and `size` images of it, both in the order they had; no position is in both.

    See `chosen_positions` for which these are; raises InputError as it does.
    """
    chosen = chosen_positions(split.labels, num_classes, size, seed)
    return split.take(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))


def chosen_positions(labels: npt.NDArray[np.int32], num_classes: int, size: int, seed: int) -> npt.NDArray[np.bool_]:
    """Chooses `size` of the images with these labels, bool[n].

    Stratified: of a class with a share p of the images, the part has p * size images, give or take one. Each class
    keeps at least one image in the rest. Depends on (labels, size, seed) alone.

    Raises:
        InputError: a negative seed, or a size that would leave a class without images.
    """
    require_integer("seed", seed, 0)
    rng = np.random.default_rng([seed, SPLIT_STREAM])
    # Each image gets a place in (0, 1), evenly within its class: the first `size` places are a stratified sample.
    places = np.full(len(labels), np.inf)
    for label in range(num_classes):
        members = rng.permutation(np.flatnonzero(labels == label))
        places[members[:-1]] = (np.arange(len(members[:-1])) + 0.5) / len(members)  # the last one stays behind
    room = int(np.isfinite(places).sum())
    require_integer("validation_size", size, 0)
    if size > room:
        allowed = f"a whole number from 0 to {room}, since each class keeps an image to train on"
        raise InputError("validation_size", size, allowed)
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[np.argsort(places, kind="stable")[:size]] = True
    return chosen
