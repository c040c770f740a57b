"""Seconds of a search step in quark0/darts's PyTorch code, in the JSON form of supernet_step.

    taskset -c 0 python -m benchmarks.peers.darts_search_step --darts-repo darts --json OUT

Needs a Python with PyTorch and a clone of github.com/quark0/darts. The supernet is theirs, unchanged
(cnn/model_search.py), and so is the architecture step (`Architect.step` with unrolled=True). The weights step is that
of their cnn/train_search.py (zero_grad, forward, cross-entropy, backward, clip to norm 5, SGD with momentum and weight
decay). `weights` is this alone, `second-order` both, the architecture first; batches are in memory. Their code is of
2018: `.cuda()` does nothing here, and `x.sub(eta, y)`, in which the number comes first, is given to PyTorch in today's
order. Momentum buffers stand as after one weights step.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import torch

from benchmarks.common.retrain_command import CLIP, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY
from benchmarks.common.step_command import write
from benchmarks.common.supernet_command import ALPHA_DECAY, ALPHA_RATE, supernet_parser, timed


def run_old_calls_on_a_cpu() -> None:
    """Makes calls of 2018 that their code has work on a CPU with today's PyTorch."""
    torch.Tensor.cuda = lambda self, *_, **__: self
    torch.nn.Module.cuda = lambda self, *_, **__: self
    for name in ("sub", "sub_", "add_"):
        original = getattr(torch.Tensor, name)

        def scaled(self: Any, *given: Any, original: Any = original, **options: Any) -> Any:
            if len(given) == 2:  # the number first, as it was then
                return original(self, given[1], alpha=float(given[0]))
            return original(self, *given, **options)

        setattr(torch.Tensor, name, scaled)


def darts_supernet(repository: Path, channels: int, cells: int) -> tuple[torch.nn.Module, Any]:
    """Returns their supernet and their architect."""
    sys.path.insert(0, str(repository / "cnn"))
    run_old_calls_on_a_cpu()
    from architect import Architect
    from model_search import Network

    network: torch.nn.Module = Network(channels, 10, cells, torch.nn.CrossEntropyLoss())
    settings = types.SimpleNamespace(
        momentum=MOMENTUM,
        weight_decay=WEIGHT_DECAY,
        arch_learning_rate=ALPHA_RATE,
        arch_weight_decay=ALPHA_DECAY,
    )
    return network.train(), Architect(network, settings)


def main() -> None:
    """Runs the command."""
    flags = supernet_parser(__doc__)
    flags.add_argument("--darts-repo", type=Path, required=True)
    arguments = flags.parse_args()
    torch.set_num_threads(1)
    network, architect = darts_supernet(arguments.darts_repo, arguments.channels, arguments.cells)
    shape = (arguments.batch, 3, arguments.resolution, arguments.resolution)
    training, validation = ((torch.randn(shape), torch.randint(0, 10, (arguments.batch,))) for _ in range(2))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)

    def weights_step() -> None:
        optimizer.zero_grad()
        criterion(network(training[0]), training[1]).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()

    def search_step() -> None:
        architect.step(*training, *validation, LEARNING_RATE, optimizer, unrolled=True)
        weights_step()

    if arguments.step == "second-order":
        weights_step()
    step = weights_step if arguments.step == "weights" else search_step
    write(timed(step, arguments) | {"torch": torch.__version__}, arguments)


if __name__ == "__main__":
    main()
