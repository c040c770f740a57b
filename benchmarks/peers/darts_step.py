"""Seconds of a retraining step in quark0/darts's PyTorch code, in the JSON form of retrain_step.

    taskset -c 0 python -m benchmarks.peers.darts_step --darts-repo darts --genotype DARTS_V2 --json OUT

Needs a Python with PyTorch and a clone of github.com/quark0/darts. The network is theirs, unchanged (cnn/model.py,
without auxiliary head and drop-path); a step is that of their cnn/train.py (zero_grad, forward, cross-entropy,
backward, clip to norm 5, SGD with momentum and weight decay) on a batch that is in memory. torchvision, which their
utils.py imports for augmentation alone, is replaced by an empty module, and their prints are discarded.
"""

from __future__ import annotations

import contextlib
import io
import sys
import types
from pathlib import Path

import torch

from benchmarks.common.retrain_command import (
    CLIP,
    LEARNING_RATE,
    MOMENTUM,
    WEIGHT_DECAY,
    retrain_parser,
    time_steps,
)
from benchmarks.common.step_command import write
from econas_jax import Genotype
from econas_jax.spaces.darts import published

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def darts_network(repository: Path, genotype: Genotype, channels: int, layers: int) -> torch.nn.Module:
    """Returns their NetworkCIFAR for a genotype."""
    for name in ("torchvision", "torchvision.transforms", "torchvision.datasets"):
        sys.modules[name] = types.ModuleType(name)
        if "." in name:
            setattr(sys.modules["torchvision"], name.partition(".")[2], sys.modules[name])
    sys.path.insert(0, str(repository / "cnn"))
    from genotypes import Genotype as DartsGenotype
    from model import NetworkCIFAR

    normal, reduce = ([tuple(edge) for edge in cell.edges] for cell in (genotype.normal, genotype.reduce))
    theirs = DartsGenotype(normal, list(genotype.normal.concat), reduce, list(genotype.reduce.concat))
    with contextlib.redirect_stdout(io.StringIO()):
        network: torch.nn.Module = NetworkCIFAR(channels, 10, layers, False, theirs)
    network.drop_path_prob = 0.0
    return network.train()


def main() -> None:
    """Runs the command."""
    flags = retrain_parser(__doc__)
    flags.add_argument("--darts-repo", type=Path, required=True)
    flags.add_argument("--memory-format", choices=tuple(FORMATS), default="contiguous")
    arguments = flags.parse_args()
    torch.set_num_threads(1)
    genotype, memory_format = getattr(published, arguments.genotype), FORMATS[arguments.memory_format]
    network = darts_network(arguments.darts_repo, genotype, arguments.channels, 3 * arguments.cells_per_stage + 2)
    network = network.to(memory_format=memory_format)
    images = torch.randn(arguments.batch, 3, arguments.resolution, arguments.resolution)
    images, labels = images.to(memory_format=memory_format), torch.randint(0, 10, (arguments.batch,))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)

    def step() -> None:
        optimizer.zero_grad()
        criterion(network(images)[0], labels).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()

    write(time_steps(step, arguments) | {"torch": torch.__version__}, arguments)


if __name__ == "__main__":
    main()
