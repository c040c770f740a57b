"""Candidates an hour, whole process against whole process: a search of ours and EcoNAS's released PyTorch code.

    python -m benchmarks.peers.end_to_end --econas-repo EcoNAS --torch-python TORCH_ENV/bin/python --data DIR --json OUT

Claims: the ratio of candidates an hour on the same cores, for the same random genotypes, images, split, batch size and
epochs (c4r4: 9 channels, 8x8, N = 6, batch 384). The time counts everything from the start of the process: imports,
reading the images (already decoded on both sides), augmentation, our compilation from nothing, training, validation
after every epoch, saving. Theirs trains one candidate a process, as many at once as there are cores, one thread each;
ours is the command that a user types, with a process for each core. released_search says what is changed in their code.
`our_processes` and `released_processes` hold the lifetime and the peak memory of every process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common.paths import REPOSITORY
from benchmarks.common.pinned import run_on
from benchmarks.common.process_memory import ProcessMemory
from benchmarks.common.result_file import write_result
from benchmarks.peers import released_search
from econas_jax import Genotype, load_dataset

SEED = 0  # the config's seed, so that both sides have the same split


def search(arguments: argparse.Namespace, folder: Path) -> tuple[float, list[dict[str, Any]], dict[str, Any]]:
    """Runs our search; returns its seconds, its stages and its own account of its time."""
    workdir = folder / "workdir"
    fields = {
        "data.path": arguments.data,
        "search.initial_population": arguments.candidates,
        "search.cycles": 0,
        "search.epochs": arguments.epochs,
        "devices": len(arguments.cores),
    }
    command = [sys.executable, "-m", "econas_jax.search", "--config", str(REPOSITORY / "configs" / "econas.py")]
    command += ["--workdir", str(workdir), *(f"--config.{name}={value}" for name, value in fields.items())]
    start = time.perf_counter()
    run_on(set(arguments.cores), command, {"JAX_COMPILATION_CACHE_DIR": str(folder / "cache")})
    seconds = time.perf_counter() - start
    lines = (workdir / "history.jsonl").read_text(encoding="utf-8").splitlines()
    times = json.loads((workdir / "times.json").read_text(encoding="utf-8"))
    return seconds, [json.loads(line) for line in lines], times


def run_round(arguments: argparse.Namespace) -> dict[str, Any]:
    """Runs ours, then theirs with the genotypes that ours drew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = load_dataset("cifar10", path=arguments.data, seed=SEED)  # first: it caches the decoded images
        with ProcessMemory() as our_memory:
            our_seconds, stages, times = search(arguments, folder)
        genotypes = [Genotype.parse(stage["genotype"]) for stage in stages]
        released_search.prepare(arguments.econas_repo.resolve(), folder, dataset)
        start = time.perf_counter()
        with ProcessMemory() as released_memory:
            accuracies = released_search.train(
                folder, arguments.torch_python, genotypes, arguments.epochs, arguments.cores
            )
        released_seconds = time.perf_counter() - start
    return {
        "our_seconds": our_seconds,
        "released_seconds": released_seconds,
        "our_candidates_an_hour": 3600 * len(genotypes) / our_seconds,
        "released_candidates_an_hour": 3600 * len(genotypes) / released_seconds,
        "ratio": released_seconds / our_seconds,
        "our_times": times,
        "our_processes": our_memory.processes(),
        "released_processes": released_memory.processes(),
        "our_accuracies": [stage["validation_accuracy"] for stage in stages],
        "released_accuracies": accuracies,
        "genotypes": [str(genotype) for genotype in genotypes],
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--econas-repo", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="a Python that has PyTorch and torchvision")
    parser.add_argument("--data", required=True, help="CIFAR-10, as config.data.path")
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--cores", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    setting = {"candidates": arguments.candidates, "epochs": arguments.epochs, "cores": len(arguments.cores)}
    rounds = []
    for number in range(arguments.rounds):
        rounds.append(run_round(arguments))
        print(f"round {number + 1}: released / ours, seconds {rounds[-1]['ratio']:.2f}", flush=True)
        ratio = statistics.median(row["ratio"] for row in rounds)
        print(write_result(arguments.json, {"rounds": rounds, "median_ratio": ratio, "setting": setting}))


if __name__ == "__main__":
    main()
