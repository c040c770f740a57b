"""What predictions say of a classifier: accuracy with its interval, precision and recall of each class."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from econas_jax.errors import require

NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %: two sides leave 5 %
TOP = 5
FEWEST_FOR_TOP = 11  # classes; among fewer, the first five are hardly a measure

Counts = npt.NDArray[np.int64]
Batch = tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.integer[Any]]]  # logits [n, classes], labels [n]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Counts of a classifier's predictions. Shares are fractions of 1; those of nothing are None."""

    classes: tuple[str, ...]
    confusion: Counts  # [true class, predicted class]
    in_top: int | None  # images whose class is among the five first; None where there are few classes

    @property
    def images(self) -> int:
        """How many images there were."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many had the predicted class."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """The share of images with the predicted class."""
        return self.right / self.images

    def recall(self, number: int) -> float | None:
        """Returns the share of a class's images that were predicted to be of it."""
        return _share(self.confusion[number, number], self.confusion[number].sum())

    def precision(self, number: int) -> float | None:
        """Returns the share of the images predicted to be of a class that were of it."""
        return _share(self.confusion[number, number], self.confusion[:, number].sum())

    def to_json(self) -> dict[str, Any]:
        """Returns all of it in JSON's types."""
        top = None if self.in_top is None else self.in_top / self.images
        return {
            "images": self.images,
            "right": self.right,
            "accuracy": self.accuracy,
            "interval_95": list(wilson_interval(self.right, self.images)),
            **({} if top is None else {"top_5_accuracy": top}),
            "classes": [
                {
                    "name": name,
                    "images": int(self.confusion[number].sum()),
                    "predicted": int(self.confusion[:, number].sum()),
                    "right": int(self.confusion[number, number]),
                    "recall": self.recall(number),
                    "precision": self.precision(number),
                }
                for number, name in enumerate(self.classes)
            ],
            "confusion": self.confusion.tolist(),
        }


def evaluation_of(batches: Iterable[Batch], classes: Sequence[str]) -> Evaluation:
    """Counts predictions. Of equal logits the class with the smaller number comes first.

    Raises InputError where there are no images.
    """
    count = len(classes)
    confusion, in_top = np.zeros((count, count), np.int64), 0
    for logits, labels in batches:
        np.add.at(confusion, (labels, np.argmax(logits, axis=1)), 1)
        in_top += int(np.sum(_places(logits, labels) < TOP))
    require(bool(confusion.any()), "images", 0, "at least one image to evaluate on")
    return Evaluation(tuple(classes), confusion, in_top if count >= FEWEST_FOR_TOP else None)


def wilson_interval(right: int, images: int) -> tuple[float, float]:
    """Returns the 95 % score interval of a share (Wilson, 1927), which holds at 0 and 1, and for few images."""
    share, square = right / images, NORMAL_QUANTILE**2
    centre = share + square / (2 * images)
    half = NORMAL_QUANTILE * math.sqrt(share * (1 - share) / images + square / (4 * images**2))
    scale = 1 + square / images
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _places(logits: npt.NDArray[np.floating[Any]], labels: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Returns the place of each image's class among all, by its logit; 0 is the first."""
    own = np.take_along_axis(logits, labels[:, None].astype(np.int64), axis=1)
    before = np.arange(logits.shape[1])[None] < labels[:, None]
    places: npt.NDArray[np.int64] = np.sum((logits > own) | ((logits == own) & before), axis=1)
    return places


def _share(part: np.integer[Any], whole: np.integer[Any]) -> float | None:
    return float(part / whole) if whole else None
