"""Writes what a published PyTorch network computes, for tests that run without PyTorch.

    python -m benchmarks.peers.published_outputs darts/cnn --network NetworkCIFAR --auxiliary --json OUT

Needs PyTorch and torchvision, and a clone of github.com/quark0/darts (folder cnn) or github.com/DongzhanZhou/EcoNAS
(folder retrain), whose network is taken unchanged. Its weights, the images and the labels are those of
`common.drawn_values`. The file holds the logits in evaluation and in training, and of every entry of the state dict its
shape, and a norm and a projection: of the loss's gradient, or of the running statistics after the step. The loss is the
cross-entropy, and 0.4 times that of the auxiliary head. All is computed in float64.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import io
import json
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import drawn_values
from econas_jax import Genotype

CHANNELS, LAYERS, CLASSES, BATCH = 4, 5, 10, 4
AUXILIARY_WEIGHT = 0.4
# All ten operations, in the reduction cell with stride 2; every node has an effect.
TEN_OPERATIONS = Genotype.parse(
    "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_5x5', 1), ('none', 1), ('max_pool_3x3', 2), ('avg_pool_3x3', 0), "
    "('sep_conv_5x5', 3), ('dil_conv_3x3', 2), ('conv_7x1_1x7', 4), ('skip_connect', 1), ('sep_conv_7x7', 5)], "
    "normal_concat=[2, 4, 6], reduce=[('avg_pool_3x3', 1), ('conv_7x1_1x7', 0), ('sep_conv_7x7', 1), ('none', 0), "
    "('skip_connect', 1), ('dil_conv_3x3', 0), ('sep_conv_3x3', 0), ('max_pool_3x3', 1), ('dil_conv_5x5', 1), "
    "('sep_conv_5x5', 0)], reduce_concat=[2, 3, 4, 5, 6])"
)


def released_network(folder: Path, name: str, genotype: Genotype, auxiliary: bool) -> torch.nn.Module:
    """Returns their network with our values."""
    sys.path.insert(0, str(folder))
    made = getattr(importlib.import_module("model"), name)
    theirs: Any = namedtuple("theirs", genotype.to_json())(**genotype.to_json())
    arguments = {"C": CHANNELS, "num_classes": CLASSES, "layers": LAYERS, "auxiliary": auxiliary, "genotype": theirs}
    known = inspect.signature(made).parameters
    with contextlib.redirect_stdout(io.StringIO()):
        network: torch.nn.Module = made(**{name: value for name, value in arguments.items() if name in known})
    network.drop_path_prob = 0.0  # their train.py sets it every epoch
    for entry, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.from_numpy(drawn_values.weights(entry, tuple(tensor.shape))))
    return network.double()  # a sum that rounds to the other side of zero, before a ReLU, shows in a gradient


def outputs(network: torch.nn.Module, side: int) -> dict[str, Any]:
    """Returns the logits, and the entries after a step, as the module's docstring says."""
    images = torch.from_numpy(drawn_values.images(BATCH, side).transpose(0, 3, 1, 2).copy()).double()
    labels = torch.arange(BATCH)
    with torch.no_grad():
        evaluated = _logits(network.eval()(images))[0]
    trained = [logits for logits in _logits(network.train()(images)) if logits is not None]
    losses = [torch.nn.functional.cross_entropy(logits, labels) for logits in trained]
    (losses[0] + AUXILIARY_WEIGHT * sum(losses[1:])).backward()
    gradients: dict[str, Any] = {name: parameter.grad for name, parameter in network.named_parameters()}
    entries = {}
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            array = gradients.get(name, tensor).numpy()
            entries[name] = [list(array.shape), float(np.linalg.norm(array)), drawn_values.projection(name, array)]
    logits = {"evaluation": evaluated.tolist(), "training": [each.tolist() for each in trained]}
    return {**logits, "entries": entries}


def _logits(returned: Any) -> tuple[Any, ...]:
    return returned if isinstance(returned, tuple) else (returned,)


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", choices=("NetworkCIFAR", "NetworkImageNet"), required=True)
    parser.add_argument("--auxiliary", action="store_true", help="with the auxiliary head")
    parser.add_argument("--genotype", type=Genotype.parse, default=TEN_OPERATIONS)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    side = 32 if arguments.network == "NetworkCIFAR" else 224
    network = released_network(arguments.folder, arguments.network, arguments.genotype, arguments.auxiliary)
    written = {"torch": torch.__version__, "genotype": str(arguments.genotype), "side": side, **outputs(network, side)}
    entries = written.pop("entries")
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in written.items()]
    inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join([*lines, f'"entries": {{\n{inner}\n}}'])
    arguments.json.write_text(f"{{{text}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
