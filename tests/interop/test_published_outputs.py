"""Weights of the published PyTorch networks give what those networks computed with them, as recorded.

By the network's definition, which compiles sooner; `nn/darts/batch_last` compares what a CPU computes with that.
"""

from __future__ import annotations

import numpy as np
import pytest
from converted_step import converted_step, gradient_slack
from published_outputs import recorded_genotype, recorded_outputs, recorded_state

from benchmarks.common import drawn_values
from econas_jax.interop import from_torch
from econas_jax.nn.platform import tracing_for


@pytest.mark.parametrize("name", ["econas_cifar", "darts_cifar", "darts_imagenet"])
def test_a_published_networks_step_is_ours(name: str) -> None:
    recorded = recorded_outputs(name)
    entries = recorded["entries"]
    read = from_torch(recorded_state(name), recorded_genotype(name))
    with tracing_for("gpu"):
        step = converted_step(read, drawn_values.images(len(recorded["evaluation"]), recorded["side"]))
    np.testing.assert_allclose(step.evaluated, recorded["evaluation"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(step.trained, recorded["training"], rtol=0, atol=1e-4)
    assert set(step.after) == set(entries)
    slack = gradient_slack({entry: norm for entry, (_, norm, _) in entries.items()})
    for entry, (shape, norm, projection) in entries.items():
        after, allowed = step.after[entry], 1e-3 * norm + slack[entry]
        assert list(after.shape) == shape
        assert abs(np.linalg.norm(after) - norm) <= allowed, entry
        assert abs(drawn_values.projection(entry, after) - projection) <= allowed, entry
