"""Claim: with a lag of 7, 64 devices of a cluster train for 95 % of the time, and the driver takes 5 ms for a stage.

    python -m benchmarks.searches.ray_driver --json benchmarks/results/MACHINE/ray_driver.json

Whole searches of configs/econas.py, made longer for 2,000 candidates, by the real loop and the real trainer by Ray,
whose devices are simulated: no Ray and no network. An epoch takes what one took in a committed study, each candidate
that of a network drawn from it. `efficiency`: the share of the devices' time in which they train, from the first job to
the last outcome; on a simulated clock. `milliseconds_a_stage`: of the driver's whole process, commits and Ray's
messages left out; `of_quarters`: of the first quarter of the stages, the second, and so on. `loss`: the share of leases
whose device is lost on the way.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.result_file import write_result
from benchmarks.common.simulated_pool import SimulatedPool, simulated_trainer
from benchmarks.searches.lane_occupancy import read_config, search_by
from econas_jax.search import SearchConfig
from econas_jax.training.job import Events, Job, Jobs, Outcome

STUDY = Path(__file__).resolve().parents[1] / "results" / "epyc_zen4" / "study_small" / "table.csv"
DEVICES, CANDIDATES = 64, 2000
CASES = ((0, 0.0), (1, 0.0), (3, 0.0), (7, 0.0), (7, 0.05))  # lag, loss


def seconds_of_an_epoch() -> list[float]:
    """Returns the seconds of an epoch of every network and setting of the study, as shares of its setting's mean."""
    with STUDY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: list[float] = []
    for setting in {row["proxy"] for row in rows}:
        seconds = [float(row["seconds"]) for row in rows if row["proxy"] == setting]
        found.extend(value / statistics.mean(seconds) for value in seconds)
    return sorted(found)


def drawn(seconds: Sequence[float]) -> Callable[[Job], float]:
    """Returns how long a job takes: a candidate's epochs take what those of one network took."""

    def of_job(job: Job) -> float:
        return (job.end_epoch - job.start_epoch) * random.Random(f"seconds {job.candidate}").choice(seconds)

    return of_job


class _Timed:
    """A trainer that notes when each outcome was read."""

    def __init__(self, trainer: Any) -> None:
        self._trainer, self.moments = trainer, list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trainer, name)

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Trains as the trainer does."""
        self.moments.append(time.process_time())
        for event in self._trainer.train(jobs, retries):
            yield event
            if isinstance(event, Outcome):
                self.moments.append(time.process_time())


def measure(config: SearchConfig, lag: int, loss: float, seconds: Sequence[float]) -> dict[str, Any]:
    """Runs a search; returns how busy the devices were, and the driver's time."""
    search: Any = config.search
    cycles = -(-(CANDIDATES - search.initial_population) // search.children)
    config = dataclasses.replace(config, search=dataclasses.replace(search, lag=lag, cycles=cycles))
    pool = SimulatedPool(DEVICES, drawn(seconds), loss)
    timed: Any = _Timed(simulated_trainer(pool))
    search_by(timed, config, lambda: pool.now)
    moments = timed.moments
    stages = len(moments) - 1
    marks = [moments[stages * quarter // 4] for quarter in range(5)]
    return {
        "devices": DEVICES,
        "lag": lag,
        "loss": loss,
        "candidates": search.initial_population + cycles * search.children,
        "stages": stages,
        "devices_lost": pool.lost,
        "efficiency": round(pool.busy / (DEVICES * pool.now), 4),
        "milliseconds_a_stage": round(1000 * (moments[-1] - moments[0]) / stages, 3),
        "of_quarters": [
            round(4000 * (after - before) / stages, 3) for before, after in zip(marks, marks[1:], strict=False)
        ],
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    config, seconds = read_config(), seconds_of_an_epoch()
    cases = []
    for lag, loss in CASES:
        cases.append(measure(config, lag, loss, seconds))
        print(cases[-1], flush=True)
    spread = {"smallest": seconds[0], "median": statistics.median(seconds), "largest": seconds[-1]}
    write_result(arguments.json, {"cases": cases, "epoch_seconds_over_mean": spread})


if __name__ == "__main__":
    main()
