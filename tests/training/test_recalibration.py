"""Recalibrated statistics are the mean over batches of what a plain computation in float64 gives each."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import reference_network as reference
from network_cases import Tree, assert_close, in_double, random_images, random_variables, reference_scope, shapes_of

from econas_jax.errors import InputError
from econas_jax.nn import CellNetwork
from econas_jax.spaces.darts.published import ECONAS
from econas_jax.training.recalibration import recalibrated

NETWORK = CellNetwork(ECONAS, 4, 1)
BATCHES = [random_images(size, 8, seed) + seed for seed, size in enumerate((6, 6, 3))]  # each with another mean


def variables() -> Tree:
    return random_variables(shapes_of(NETWORK, 8), seed=0)


def batch_statistics(given: Tree, images: np.ndarray) -> Tree:
    """A batch's means and unbiased variances, by the reference in float64."""
    zeroed = {**given, "batch_stats": jax.tree.map(np.zeros_like, given["batch_stats"])}
    scope = reference_scope(zeroed, train=True)
    reference.network(scope, ECONAS, in_double(images), cells_per_stage=1)
    return jax.tree.map(lambda tenth: 10 * tenth, scope.new)


def test_statistics_are_the_mean_over_batches() -> None:
    given = variables()
    made = recalibrated(NETWORK, given, iter(BATCHES))
    each = [batch_statistics(given, images) for images in BATCHES]
    expected = jax.tree.map(lambda *leaves: sum(leaves) / len(BATCHES), *each)
    assert_close(made["batch_stats"], expected, 2e-5)
    assert_close(made["params"], given["params"], 0)


def test_those_of_the_stem_by_hand() -> None:
    given = variables()
    kernel = in_double(given["params"]["Conv_0"]["kernel"])
    samples = [reference.convolution(in_double(images), kernel).reshape(-1, 12) for images in BATCHES]
    made = recalibrated(NETWORK, given, BATCHES)["batch_stats"]["BatchNorm_0"]
    np.testing.assert_allclose(made["mean"], np.mean([values.mean(0) for values in samples], 0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made["variance"], np.mean([values.var(0, ddof=1) for values in samples], 0), rtol=1e-4)


def test_without_a_batch_it_is_refused() -> None:
    with pytest.raises(InputError, match="^batches = 0: expected at least one batch of images"):
        recalibrated(NETWORK, variables(), [])
