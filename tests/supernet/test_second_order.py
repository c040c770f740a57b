"""The gradient one step ahead, against formulas by hand and against numerical differentiation of the whole step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.supernet.method_configs import Product
from econas_jax.supernet.methods.second_order import difference, exact, look_ahead

PRODUCTS: tuple[Product, ...] = ("difference", "exact")


def seen(loss: Any) -> Any:
    return lambda weights, architecture: (loss(weights, architecture), "seen")


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(("weight", "architecture", "rate"), [(0.3, -0.7, 0.1), (2.0, 0.5, 0.5), (-1.0, 1.0, 0.01)])
def test_on_a_quadratic_it_is_the_formula(product: Product, weight: float, architecture: float, rate: float) -> None:
    """L_train = (w - a)^2 / 2, L_val = (w - 1)^2 / 2: w' = w - rate (w - a), and the gradient is rate (w' - 1)."""
    (value, told), gradient = look_ahead(
        lambda w, a: 0.5 * (w - a) ** 2,
        seen(lambda w, a: 0.5 * (w - 1) ** 2),
        jnp.float32(weight),
        jnp.float32(architecture),
        lambda slope: slope,
        rate,
        product,
    )
    ahead = weight - rate * (weight - architecture)
    assert told == "seen" and float(value) == pytest.approx(0.5 * (ahead - 1) ** 2, rel=1e-5)
    assert float(gradient) == pytest.approx(rate * (ahead - 1), rel=2e-4)


def toy_training(weights: Any, architecture: Any) -> jax.Array:
    hidden = jnp.tanh(weights["in"] * architecture)
    return jnp.sum((hidden @ weights["out"] - 0.3) ** 2)


def toy_validation(weights: Any, architecture: Any) -> jax.Array:
    return jnp.sum(jnp.sin(weights["in"] + architecture)) + jnp.sum(weights["out"] ** 2)


WEIGHTS = {
    "in": jnp.array([0.5, -0.4, 0.9]),
    "out": jnp.array([[0.2, 0.7], [-0.5, 0.1], [0.3, -0.8]]),
}
ARCHITECTURE = jnp.array([0.6, -0.2, 0.4])


def direction(slope: Any) -> Any:
    """SGD with momentum and weight decay."""
    return jax.tree.map(lambda g, w: 0.45 * np.cos(w) + g + 0.1 * w, slope, jax.tree.map(np.asarray, WEIGHTS))


@pytest.mark.parametrize("product", PRODUCTS)
def test_it_is_the_derivative_of_the_validation_loss_after_the_step(product: Product) -> None:
    rate = 0.3

    def after(architecture: np.ndarray) -> float:
        weights = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), WEIGHTS)
        slope = jax.grad(toy_training)(weights, architecture)
        ahead = jax.tree.map(lambda w, step: w - rate * step, weights, direction(slope))
        return float(toy_validation(ahead, architecture))

    with jax.enable_x64(True):
        middle, moves = np.asarray(ARCHITECTURE, np.float64), 1e-5 * np.eye(3)
        expected = [(after(middle + move) - after(middle - move)) / 2e-5 for move in moves]
    arguments = (toy_training, seen(toy_validation), WEIGHTS, ARCHITECTURE, direction, rate, product)
    _, gradient = look_ahead(*arguments)
    np.testing.assert_allclose(gradient, expected, rtol=2e-3)


def test_both_products_agree_and_the_exact_one_is_jax_own_hessian() -> None:
    vector = jax.tree.map(jnp.sin, WEIGHTS)
    flat, whole = exact(toy_training, WEIGHTS, ARCHITECTURE, vector), difference
    np.testing.assert_allclose(whole(toy_training, WEIGHTS, ARCHITECTURE, vector), flat, rtol=2e-3)
    mixed = jax.jacobian(jax.grad(toy_training, 1))(WEIGHTS, ARCHITECTURE)
    products = jax.tree.map(lambda rows, v: jnp.sum(rows * v[None], axis=tuple(range(1, rows.ndim))), mixed, vector)
    np.testing.assert_allclose(sum(jax.tree.leaves(products)), flat, rtol=1e-5)


@pytest.mark.parametrize("product", PRODUCTS)
def test_without_a_step_it_is_the_first_order(product: Product) -> None:
    arguments = (toy_training, seen(toy_validation), WEIGHTS, ARCHITECTURE, direction, 0.0, product)
    _, gradient = look_ahead(*arguments)
    np.testing.assert_array_equal(gradient, jax.grad(toy_validation, 1)(WEIGHTS, ARCHITECTURE))
