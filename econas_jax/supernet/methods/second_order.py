"""The gradient of an architecture one training step ahead: DARTS's second order (Liu et al., 2019, section 2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from econas_jax.supernet.method_configs import Product

Tree = Any
Loss = Callable[[Tree, Tree], jax.Array]  # of weights and architecture
SeenLoss = Callable[[Tree, Tree], tuple[jax.Array, Any]]  # likewise, with more that is seen on the way

STEP = 0.01  # of the finite difference, over the norm of the direction


def look_ahead(
    training_loss: Loss,
    validation_loss: SeenLoss,
    weights: Tree,
    architecture: Tree,
    direction: Callable[[Tree], Tree],
    learning_rate: jax.Array | float,
    product: Product,
) -> tuple[tuple[jax.Array, Any], Tree]:
    """Returns what `validation_loss` returns at the weights after one training step, and the gradient there.

    direction: from the training loss's gradient to what the step takes `learning_rate` times off the weights; its
    derivative by the gradient is taken to be 1, as it is for SGD with momentum and weight decay.

    The gradient is that of L_val(w - rate * direction(dL_train/dw), a) by a: the validation loss's own, less `rate`
    times the product of L_train's mixed second derivative with v = dL_val/dw'. `difference` takes the product from
    L_train's gradients at w + R v and w - R v, where R = 0.01 / ||v||, as published; `exact` differentiates the
    gradient in the direction v.
    """
    slope = jax.grad(training_loss)(weights, architecture)
    ahead = jax.tree.map(lambda value, step: value - learning_rate * step, weights, direction(slope))
    seen, (vector, own) = jax.value_and_grad(validation_loss, (0, 1), has_aux=True)(ahead, architecture)
    implicit = _PRODUCTS[product](training_loss, weights, architecture, vector)
    return seen, jax.tree.map(lambda mine, through: mine - learning_rate * through, own, implicit)


def exact(loss: Loss, weights: Tree, architecture: Tree, vector: Tree) -> Tree:
    """Returns the derivative of dL/da along a direction of the weights, forward over reverse."""
    _, product = jax.jvp(lambda moved: jax.grad(loss, 1)(moved, architecture), (weights,), (vector,))
    return product


def difference(loss: Loss, weights: Tree, architecture: Tree, vector: Tree) -> Tree:
    """Returns the central difference that approximates `exact`."""
    size = STEP / optax.tree.norm(vector)

    def gradient(sign: jax.Array) -> Tree:
        moved = jax.tree.map(lambda value, step: value + sign * size * step, weights, vector)
        return jax.grad(loss, 1)(moved, architecture)

    sides = jax.lax.map(gradient, jnp.array([1.0, -1.0]))  # one after the other, so that only one is compiled
    return jax.tree.map(lambda both: (both[0] - both[1]) / (2 * size), sides)


_PRODUCTS: dict[str, Callable[[Loss, Tree, Tree, Tree], Tree]] = {"difference": difference, "exact": exact}
