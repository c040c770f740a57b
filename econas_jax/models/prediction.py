"""A trained model at work: logits of stored images, in batches of one size, and the accuracy on labelled ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from econas_jax.data.augmentation import prepare
from econas_jax.data.dataset import Images, Labels, Split
from econas_jax.errors import require, require_integer, require_number
from econas_jax.models.trained_model import TrainedModel

Logits = npt.NDArray[np.float32]


class Classifier:
    """A trained model as a function of images, on JAX's default device; compiled once for images of one size."""

    def __init__(self, model: TrainedModel, batch_size: int, crop: float | None = None) -> None:
        """Compiles nothing yet. batch_size: images at once, which no logit depends on but for rounding.

        crop: of an image's sides, the share that is shown to the network; None: the model's own, which is for whole
        images. Images that were cropped as they were read take 1.
        """
        require_integer("batch_size", batch_size, 1)
        crop = model.crop if crop is None else crop
        require_number("crop", crop, lambda share: 0 < share <= 1, "a number in (0, 1]")
        self._batch_size, self._variables = batch_size, jax.device_put(model.variables)
        network = model.description.build()

        def forward(variables: Any, images: jax.Array) -> jax.Array:
            pixels = prepare(_centre(images, crop), model.resolution, model.mean, model.std)
            logits: jax.Array = network.apply(variables, pixels, train=False)
            return logits

        self._forward = jax.jit(forward)

    def logits(self, images: Images) -> Logits:
        """Returns float32[n, classes] of uint8[n, h, h, 3], for any n; a short batch is filled up and cut again."""
        parts = [self._batch(images[first : first + self._batch_size]) for first in self._firsts(len(images))]
        return np.concatenate(parts)

    def _firsts(self, count: int) -> range:
        return range(0, max(count, 1), self._batch_size)  # of no images, too, the shape is known

    def _batch(self, images: Images) -> Logits:
        missing = self._batch_size - len(images)
        filled = np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
        return np.asarray(self._forward(self._variables, filled))[: len(images)]


def predictions(
    model: TrainedModel, batches: Iterable[Split], crop: float | None = None
) -> Iterator[tuple[Logits, Labels]]:
    """Yields logits and labels of each batch; the first batch is the largest. crop: as in `Classifier`.

    Raises InputError where a logit is not finite: the weights are of a training that diverged.
    """
    classifier: Classifier | None = None
    for batch in batches:
        classifier = classifier or Classifier(model, len(batch), crop)
        logits = classifier.logits(batch.images)
        require(bool(np.isfinite(logits).all()), "model", model.description.title, "weights that give finite outputs")
        yield logits, batch.labels


def accuracy(model: TrainedModel, batches: Iterable[Split], crop: float | None = None) -> float:
    """Returns the share of images whose largest logit is their label's; raises InputError where there are none."""
    right = [np.argmax(logits, axis=1) == labels for logits, labels in predictions(model, batches, crop)]
    require(bool(right), "images", 0, "at least one")
    return float(np.mean(np.concatenate(right)))


def _centre(images: jax.Array, share: float) -> jax.Array:
    """Cuts images [batch, h, h, 3] to their central squares, with this share of the sides."""
    size = images.shape[1]
    side = max(1, round(share * size))
    first = (size - side) // 2
    return images[:, first : first + side, first : first + side]
