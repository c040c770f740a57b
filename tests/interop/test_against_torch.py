"""Converted weights give PyTorch's logits, gradients and running statistics, where PyTorch is installed."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from converted_step import AUXILIARY_WEIGHT, Step, converted_step, gradient_slack
from network_cases import all_ten_operations

from benchmarks.common import drawn_values
from econas_jax.interop import from_torch, to_torch
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts.macro_net import Stem
from econas_jax.spaces.darts.published import DARTS_V2, ECONAS

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'econas_jax[torch]'")

from torch_networks import TorchNetwork  # noqa: E402 - it imports torch

CHANNELS, CLASSES, BATCH = 4, 7, 4


class Case(NamedTuple):
    seed: int  # of a genotype with all ten operations
    cells_per_stage: int
    stem: Stem
    auxiliary: bool
    side: int


CASES = [
    Case(1, 1, "cifar", False, 16),
    Case(2, 1, "imagenet", False, 64),
    pytest.param(Case(3, 2, "cifar", True, 32), marks=pytest.mark.slow),
    pytest.param(Case(4, 1, "imagenet", True, 224), marks=pytest.mark.slow),
]


def torch_network(case: Case) -> Any:
    """With drawn weights, so that no scale is 1 and no bias 0."""
    arguments = (case.cells_per_stage, CLASSES, case.stem, case.auxiliary)
    network = TorchNetwork(all_ten_operations(case.seed), CHANNELS, *arguments)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(drawn_values.weights(name, tuple(tensor.shape))))
    return network


def arrays_of(network: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}


def torch_step(network: Any, images: np.ndarray) -> Step:
    """In float64: in float32 a sum before a ReLU may round to the other side of zero, which shows in a gradient."""
    pixels, labels = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float64)), torch.arange(len(images))
    network = network.double()
    with torch.no_grad():
        (evaluated,) = network.eval()(pixels)
    trained = network.train()(pixels)
    losses = [torch.nn.functional.cross_entropy(logits, labels) for logits in trained]
    (losses[0] + AUXILIARY_WEIGHT * sum(losses[1:])).backward()
    gradients = {
        # A dead node's weights have no gradient in PyTorch.
        name: torch.zeros_like(value).numpy() if value.grad is None else value.grad.numpy()
        for name, value in network.named_parameters()
    }
    statistics = {name: value.numpy() for name, value in network.named_buffers() if value.is_floating_point()}
    return Step(evaluated.numpy(), [logits.detach().numpy() for logits in trained], gradients | statistics)


@pytest.mark.parametrize("case", CASES)
def test_a_step_is_pytorchs(case: Case) -> None:
    network, images = torch_network(case), drawn_values.images(BATCH, case.side)
    read = from_torch(arrays_of(network), all_ten_operations(case.seed))
    description = read.description
    assert (description.channels, description.num_classes) == (CHANNELS, CLASSES)
    assert (description.cells_per_stage, description.stem, read.auxiliary) == case[1:4]
    ours, theirs = converted_step(read, images), torch_step(network, images)
    np.testing.assert_allclose(ours.evaluated, theirs.evaluated, rtol=0, atol=1e-4)
    assert len(ours.trained) == len(theirs.trained) == 1 + case.auxiliary
    np.testing.assert_allclose(ours.trained, theirs.trained, rtol=0, atol=1e-4)
    assert set(ours.after) == set(theirs.after)
    slack = gradient_slack({name: float(np.linalg.norm(value)) for name, value in theirs.after.items()})
    for name, expected in theirs.after.items():
        error = np.linalg.norm(ours.after[name] - expected)
        assert error <= 1e-3 * np.linalg.norm(expected) + slack[name], (name, error)


@pytest.mark.parametrize(("genotype", "stem", "side"), [(DARTS_V2, "cifar", 8), (ECONAS, "imagenet", 32)])
def test_pytorch_takes_our_weights(genotype: Any, stem: Stem, side: int) -> None:
    description = CellNetworkDescription(genotype, CHANNELS, 1, CLASSES, stem)
    network, images = description.build(), drawn_values.images(BATCH, side)
    variables = jax.device_get(jax.jit(lambda key: network.init(key, images, train=False))(jax.random.key(0)))
    other = TorchNetwork(genotype, CHANNELS, 1, CLASSES, stem, auxiliary=False)
    tensors = {name: torch.from_numpy(array) for name, array in to_torch(description, variables).items()}
    other.load_state_dict(tensors)  # which refuses other names
    with torch.no_grad():
        (theirs,) = other.eval()(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    ours = jax.jit(lambda variables: network.apply(variables, images, train=False))(variables)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-4)
