"""Which stored images a split has: all of a folder's, or the part that is trained on or held out."""

from __future__ import annotations

import dataclasses

import numpy as np

from econas_jax.data.splitting import SPLIT_STREAM, chosen_positions
from econas_jax.data.stream.records import Numbers, Records
from econas_jax.errors import require


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Some of the images of one of a reader's records."""

    records: str  # the key
    numbers: Numbers  # sorted


def whole(name: str, records: Records) -> Part:
    """Returns all images of the records."""
    return Part(name, np.arange(len(records)))


def held_out(name: str, records: Records, num_classes: int, share: float, seed: int) -> tuple[Part, Part]:
    """Returns the images to train on and those held out of them for validation, a share of all.

    Chosen by the seed: of each class alike, or of all alike where labels are only known once every image is read.

    Raises:
        InputError: a share that leaves a class, or the rest, without images.
    """
    count, labels = len(records), records.labels()
    size = round(share * count)
    require(0 < size < count, "data.validation", share, f"a share of the {count} training images that is some, not all")
    if labels is None:
        chosen = np.zeros(count, bool)
        chosen[np.random.default_rng([seed, SPLIT_STREAM]).permutation(count)[:size]] = True
    else:
        chosen = chosen_positions(labels, num_classes, size, seed)
    return Part(name, np.flatnonzero(~chosen)), Part(name, np.flatnonzero(chosen))
