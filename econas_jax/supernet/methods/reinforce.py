"""The policy gradient of a controller's choices with a moving baseline (REINFORCE)."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def reinforce_loss(log_probabilities: jax.Array, rewards: jax.Array, baselines: jax.Array) -> jax.Array:
    """Returns a number whose gradient estimates that of the expected reward, downwards: a mean over samples [n].

    Rewards and baselines pass no gradient.
    """
    advantages = jax.lax.stop_gradient(rewards - baselines)
    return -jnp.mean(log_probabilities * advantages)


def moved_baselines(baseline: jax.Array, rewards: jax.Array, rate: float) -> tuple[jax.Array, jax.Array]:
    """Returns the last baseline and that of each sample, which has moved towards the sample's own reward already."""

    def moved(old: jax.Array, reward: jax.Array) -> tuple[jax.Array, jax.Array]:
        new = old - rate * (old - reward)
        return new, new

    return jax.lax.scan(moved, baseline, rewards)
