"""Compares an exported program with the network that it comes from, at two batch sizes."""

from __future__ import annotations

import dataclasses

import jax
import jax.export
import numpy as np

from econas_jax.errors import SearchError
from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import CellNetworkDescription

TOLERANCE = 1e-4  # of the largest logit: the order of sums differs
BATCHES = (2, 1)


def check_exported(content: bytes, model: TrainedModel) -> None:
    """Raises SearchError unless the serialized program maps random images to the logits of the network in float32."""
    program = jax.export.deserialize(bytearray(content))
    side, generator = model.resolution, np.random.default_rng(0)
    pixels = generator.integers(0, 256, (max(BATCHES), side, side, 3)).astype(np.float32)
    expected = _logits(model, pixels)
    scale = max(1.0, float(np.abs(expected).max()))
    with jax.default_device(jax.local_devices(backend="cpu")[0]):
        for batch in BATCHES:
            difference = float(np.abs(np.asarray(program.call(pixels[:batch])) - expected[:batch]).max()) / scale
            if not difference <= TOLERANCE:  # also where it is no number
                raise SearchError(
                    f"the exported program's logits are not the network's: they differ by {difference:.1e} of the "
                    f"largest at batch size {batch}"
                )


def _logits(model: TrainedModel, pixels: np.ndarray) -> np.ndarray:
    """Returns the logits of the network itself, which may have been trained in another type."""
    description = model.description
    if isinstance(description, CellNetworkDescription):
        description = dataclasses.replace(description, compute_dtype="float32")
    network = description.build()
    shape = (1, 1, 1, 3)
    mean, std = (np.asarray(values, np.float32).reshape(shape) for values in (model.mean, model.std))
    with jax.default_matmul_precision("highest"):
        apply = jax.jit(lambda variables, images: network.apply(variables, images, train=False))
        return np.asarray(apply(model.variables, (pixels / np.float32(255) - mean) / std))
