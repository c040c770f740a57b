"""Claim: a table of 15,625 networks by 2 proxies is analysed with 1,000 resamples in at most 5 s and 0.5 GB.

    taskset -c 0 python -m benchmarks.study.statistics --json benchmarks/results/MACHINE/study_statistics.json

Measures, on made-up accuracies, how long the file takes to read and to analyse, and the most memory that this process
has held, its imports included. Beside it, on the first proxy, what SciPy's functions would take: a paired
`scipy.stats.bootstrap` over `rankdata`, and `kendalltau` of every resample (both measured on fewer resamples).
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import scipy.stats

from benchmarks.common.process_memory import peak_bytes
from benchmarks.common.result_file import write_result
from econas_jax.study import analyse, read_wide_table

NOISE = (0.02, 0.1)  # of the proxies; the accuracies lie between 0.3 and 0.9
SCIPY_RESAMPLES = 50
T = TypeVar("T")


def write_table(file: Path, networks: int) -> None:
    """Writes accuracies of the original setting, named full, and of the proxies p0, p1, ..."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.9, networks)
    accuracies = np.stack([truth, *(np.clip(truth + rng.normal(0, noise, networks), 0, 1) for noise in NOISE)], axis=1)
    names = ["network", "full", *(f"p{number}" for number in range(len(NOISE)))]
    lines = [",".join([str(number), *(f"{value:.6f}" for value in row)]) for number, row in enumerate(accuracies)]
    file.write_text("\n".join([",".join(names), *lines]) + "\n", encoding="utf-8")


def timed(function: Callable[[], T]) -> tuple[float, T]:
    """Calls the function; returns seconds and its result."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def scipy_seconds(truth: Any, accuracies: Any, resamples: int) -> dict[str, float]:
    """Returns the seconds that SciPy's functions would take for one proxy."""
    rng = np.random.default_rng(0)

    def spearman(x: Any, y: Any, axis: int) -> Any:
        first, second = (scipy.stats.rankdata(values, axis=axis) for values in (x, y))
        first, second = (ranks - ranks.mean(axis=axis, keepdims=True) for ranks in (first, second))
        squares = (first**2).sum(axis=axis) * (second**2).sum(axis=axis)
        return (first * second).sum(axis=axis) / np.sqrt(squares)

    def bootstrap() -> Any:
        options: dict[str, Any] = {"paired": True, "vectorized": True, "method": "percentile", "rng": rng}
        return scipy.stats.bootstrap((truth, accuracies), spearman, n_resamples=SCIPY_RESAMPLES, **options)

    def kendall() -> None:
        for _ in range(SCIPY_RESAMPLES):
            drawn = rng.integers(len(truth), size=len(truth))
            scipy.stats.kendalltau(truth[drawn], accuracies[drawn])

    scale = resamples / SCIPY_RESAMPLES
    return {"bootstrap_spearman": timed(bootstrap)[0] * scale, "kendalltau": timed(kendall)[0] * scale}


def main() -> None:
    """Runs the command."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--networks", type=int, default=15_625)
    flags.add_argument("--resamples", type=int, default=1_000)
    flags.add_argument("--repeats", type=int, default=3)
    flags.add_argument("--json", type=Path)
    given = flags.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        write_table(file, given.networks)
        runs = []
        for _ in range(given.repeats):
            read, table = timed(lambda: read_wide_table(file))
            analysed, analysis = timed(functools.partial(analyse, table, "full", given.resamples))
            runs.append({"read_seconds": read, "analyse_seconds": analysed})
    peak = peak_bytes()  # before SciPy's functions add theirs
    peers = scipy_seconds(table.accuracies("full"), table.accuracies("p0"), given.resamples)
    result = {
        "networks": given.networks,
        "proxies": len(NOISE),
        "resamples": given.resamples,
        "rho": {proxy.name: str(proxy.rho) for proxy in analysis.proxies},
        "runs": runs,
        "seconds": min(run["read_seconds"] + run["analyse_seconds"] for run in runs),
        "peak_bytes": peak,
        "scipy_seconds_of_one_proxy": peers,
    }
    print(write_result(given.json, result))


if __name__ == "__main__":
    main()
