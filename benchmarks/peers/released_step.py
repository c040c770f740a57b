"""Seconds of a training step in EcoNAS's released PyTorch code, in the JSON form of proxy_step.

    taskset -c 0 python -m benchmarks.peers.released_step --econas-repo EcoNAS --genotypes FILE --json OUT

Needs a Python with PyTorch, NumPy and lazy_loader, and a clone of github.com/DongzhanZhou/EcoNAS. The network is
theirs, unchanged; a step is that of their search/train.py (zero_grad, forward, cross-entropy, backward, clip to norm 5,
SGD with momentum and weight decay) on a batch that is already on the device, without their data loader, in cuDNN's
benchmark mode as theirs. To run on a CPU and a current PyTorch, `.to(device)` replaces `.cuda()`, `clip_grad_norm_`
replaces the removed `clip_grad_norm`, and their prints of every cell's channels are discarded.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path

import torch

from benchmarks.common.step_command import median_seconds, own_peak_bytes, read_genotypes, step_parser, turn, write
from econas_jax import Genotype


def released_network(repository: Path, genotype: Genotype, channels: int, layers: int) -> torch.nn.Module:
    """Returns their NetworkCIFAR for a genotype."""
    sys.path.insert(0, str(repository / "search"))
    from network.genotypes import Genotype as ReleasedGenotype
    from network.model import NetworkCIFAR

    cells = (genotype.normal, genotype.reduce)
    normal, reduce = ([tuple(edge) for edge in cell.edges] for cell in cells)
    theirs = ReleasedGenotype(normal, list(genotype.normal.concat), reduce, list(genotype.reduce.concat))
    with contextlib.redirect_stdout(io.StringIO()):
        network: torch.nn.Module = NetworkCIFAR(10, channels, layers, theirs)
    network.drop_path_prob = 0  # their train.py sets it every epoch
    return network.train()


def step_seconds(network: torch.nn.Module, arguments: argparse.Namespace) -> float:
    """Returns the median over `repeats` groups of `steps` steps."""
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=3e-4)
    size = arguments.resolution
    images = torch.randn(arguments.batch, 3, size, size, device=arguments.device)
    labels = torch.randint(0, 10, (arguments.batch,), device=arguments.device)

    def run_steps(repeat: int) -> None:
        for _ in range(arguments.steps):
            optimizer.zero_grad()
            criterion(network(images), labels).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5)
            optimizer.step()
        if arguments.device == "cuda":
            torch.cuda.synchronize()

    return median_seconds(run_steps, arguments.steps, arguments.repeats)


def main() -> None:
    """Runs the command."""
    flags = step_parser(__doc__)
    flags.add_argument("--econas-repo", type=Path, required=True)
    flags.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    arguments = flags.parse_args()
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(1)
    layers = 3 * arguments.cells_per_stage + 2
    seconds = []
    for genotype in read_genotypes(arguments.genotypes):
        network = released_network(arguments.econas_repo, genotype, arguments.channels, layers).to(arguments.device)
        with turn(arguments):
            seconds.append(step_seconds(network, arguments))
    write({"step_seconds": seconds, "peak_bytes": own_peak_bytes(), "torch": torch.__version__}, arguments)


if __name__ == "__main__":
    main()
