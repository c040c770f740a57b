"""Classifies image files in batches; a file that cannot be read is told and does not keep the others from it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from econas_jax.data.folder_tree import Entry, images_below
from econas_jax.data.image_kinds import READ
from econas_jax.data.origin import Tally
from econas_jax.errors import InputError
from econas_jax.predict.exported_model import ExportedModel
from econas_jax.predict.preparation import prepared_image

MOST = 32  # images at once


@dataclasses.dataclass(frozen=True)
class Classified:
    """What became of a file: probabilities of the classes, the most probable first, or why there are none."""

    file: str
    probabilities: tuple[tuple[str, float], ...] = ()
    error: str | None = None


def classify(model: ExportedModel, paths: Sequence[str], tally: Tally) -> Iterator[Classified]:
    """Yields what becomes of each image file, and of each in the folders among the paths, in their order.

    All batches have one size, so that the program is compiled once. Counts in `tally` what was passed over or changed.
    """
    found = [file for path in paths for file in _files(path, tally)]
    images = sum(file.error is None for file in found)
    size = max(1, min(MOST, images))
    for start in range(0, len(found), size):
        yield from _batch(model, found[start : start + size], size, tally)


def _files(path: str, tally: Tally) -> list[Classified]:
    """Returns a file, or the images in a folder and the folders below it, yet without probabilities."""
    if not os.path.isdir(path):
        return [Classified(path)]
    try:
        files = [Classified(entry.path) for entry in images_below(Entry(path, path.rstrip(os.sep)), tally)]
    except InputError as error:
        return [Classified(path, error=str(error))]
    nothing = InputError("image", path, f"a folder with images: {', '.join(READ)}")
    return files or [Classified(path, error=str(nothing))]


def _batch(model: ExportedModel, files: Sequence[Classified], size: int, tally: Tally) -> Iterator[Classified]:
    side = model.card.resolution
    pixels, errors = np.zeros((size, side, side, 3), np.float32), {}
    for place, file in enumerate(files):
        try:
            if file.error is None:
                pixels[place] = prepared_image(file.file, model.card, tally)
        except InputError as error:
            errors[place] = str(error)
    readable = any(file.error is None and place not in errors for place, file in enumerate(files))
    logits = model.logits(pixels) if readable else pixels
    for place, file in enumerate(files):
        if file.error is not None or place in errors:
            yield dataclasses.replace(file, error=file.error or errors[place])
        else:
            yield dataclasses.replace(file, probabilities=_ranked(logits[place], model.card.classes))


def _ranked(logits: npt.NDArray[np.float32], classes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Returns all classes with their probabilities; of equal ones the first in the order of the logits."""
    weights = np.exp(logits.astype(np.float64) - logits.max())
    probabilities = weights / weights.sum()
    return tuple((classes[place], float(probabilities[place])) for place in np.argsort(-probabilities, kind="stable"))
