"""Networks that compile in a blink, for tests of training: they have all that a training state has, and can record."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

MOMENTUM = 0.1
NEVER = 10**9  # steps


@dataclasses.dataclass(frozen=True)
class TinyNetwork:
    """A linear layer on centred pixels, whose scale depends on the genotype; running means serve the evaluation.

    With `failing`, logits are not finite for genotypes whose first operation is `none`, and for those whose first
    operation is `max_pool_3x3` from step `healthy_steps` on, for `sick_steps` steps.
    """

    channels: int = 1
    cells_per_stage: int = 1
    num_classes: int = 3
    nodes: int = 4
    branch_free: bool = False
    compute_dtype: str = "float32"
    failing: bool = False
    healthy_steps: int = 0
    sick_steps: int = NEVER

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        pixels = arguments[0][0].size
        kernel = jax.random.normal(rngs, (pixels, self.num_classes)) / 10
        params = {"kernel": kernel, "bias": jnp.zeros(self.num_classes)}
        return {"params": params, "batch_stats": {"mean": jnp.zeros(pixels), "steps": jnp.zeros(())}}

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        images, genotype = arguments
        params, statistics = variables["params"], variables["batch_stats"]
        pixels = images.reshape(len(images), -1)
        mean = jnp.mean(pixels, axis=0) if train else statistics["mean"]
        logits = (pixels - mean[None]) * genotype_scale(genotype) @ params["kernel"] + params["bias"][None]
        if self.failing:
            steps, first = statistics["steps"], genotype.normal.operations[0]
            sick = (steps >= self.healthy_steps) & (steps < self.healthy_steps + self.sick_steps)
            logits = jnp.where((first == 0) | ((first == 1) & sick), jnp.nan, logits)
        if not train:
            return logits
        running = statistics["mean"] + MOMENTUM * (mean - statistics["mean"])
        return logits, {"batch_stats": {"mean": running, "steps": statistics["steps"] + 1}}


def genotype_scale(genotype: Any) -> jax.Array:
    """A number around 1 that differs between genotypes."""
    cells = (genotype.normal, genotype.reduce)
    return 0.5 + sum((jnp.mean(cell.operations) + jnp.mean(cell.inputs) / 10 for cell in cells), jnp.zeros(())) / 8


@dataclasses.dataclass(frozen=True)
class RecordingNetwork:
    """Notes the images that each step of an epoch is given, in the order they come: [capacity, channels].

    What it notes of an image is its top left pixel, as the network sees it.
    """

    capacity: int

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        batch_stats = {"seen": jnp.zeros((self.capacity, 3)), "count": jnp.zeros(())}
        return {"params": {"bias": jnp.zeros(2)}, "batch_stats": batch_stats}

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        images, statistics = arguments[0], variables["batch_stats"]
        place = statistics["count"].astype(jnp.int32)
        seen = lax.dynamic_update_slice(statistics["seen"], images[:, 0, 0], (place, jnp.int32(0)))
        logits = jnp.zeros((len(images), 2)) + variables["params"]["bias"][None]
        return logits, {"batch_stats": {"seen": seen, "count": statistics["count"] + len(images)}}
