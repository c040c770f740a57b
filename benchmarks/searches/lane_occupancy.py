"""Claim: with a lag, the lanes of one GPU or of eight train something for 95 % of the time that a search takes.

    python -m benchmarks.searches.lane_occupancy --json benchmarks/results/MACHINE/lane_occupancy.json

Whole searches of configs/econas.py by the real loop. The trainer takes waves of jobs as `WaveTrainer` does and trains
nothing: every epoch of a wave takes one unit of time, however many of its lanes are filled. The initial population and
the end, when nothing is left to fill the lanes with, are included; `before_the_end` leaves out the waves that begin
after all jobs have been asked for. `time`: how long the search takes, in epochs. Nothing depends on the machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from benchmarks.common.result_file import write_result
from econas_jax.algorithms import ALGORITHMS
from econas_jax.nn.network import Cost
from econas_jax.search import Reporter, SearchConfig, run_search
from econas_jax.search.config import from_mapping
from econas_jax.search.ladder import Ladder, Setting
from econas_jax.search.prepared import Prepared
from econas_jax.search.workdir import Workdir
from econas_jax.training import Trainer
from econas_jax.training.job import EpochDone, Events, Job, Jobs, Outcome, next_wave

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "econas.py"
LANES = 16
CASES = ((1, 0), (1, 1), (8, 0), (8, 1), (8, 7))  # devices, lag


class Wave(NamedTuple):
    """What was trained together, and how many jobs were waiting or asked for later than it."""

    jobs: int
    epochs: int
    left: int  # in the queue, once it was taken


class SimulatedTrainer:
    """A `Trainer` whose epochs take a unit of time; accuracies look random, and no states are kept."""

    device_kind, state_size = "none", 0

    def __init__(self, devices: int, lanes: int) -> None:
        self.devices, self.slots = devices, devices * lanes
        self.waves: list[Wave] = []

    def now(self) -> float:
        """Returns the time, in epochs."""
        return float(sum(wave.epochs for wave in self.waves))

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Does nothing: there is no program."""

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Yields outcomes that depend only on candidate and epochs."""
        while jobs:
            wave = next_wave(jobs, self.slots)
            epochs = wave[0].end_epoch - wave[0].start_epoch
            self.waves.append(Wave(len(wave), epochs, len(jobs)))
            yield EpochDone(wave[0].candidate, wave[0].end_epoch - 1)
            for place, job in enumerate(wave, start=1):
                yield dataclasses.replace(_outcome(job, epochs), following=len(wave) - place)


def _outcome(job: Job, epochs: int) -> Outcome:
    accuracy = random.Random(f"{job.candidate} {job.end_epoch}").random()
    return Outcome(job.candidate, "completed", float(epochs), validation_accuracy=accuracy)


class _Free:
    """Networks that cost nothing to count."""

    def encode(self, genotype: Any) -> None:
        """Returns nothing: nothing is trained."""

    def cost(self, genotype: Any) -> Cost:
        """Returns the same for all."""
        return Cost(1, 1)


def read_config() -> SearchConfig:
    """Returns the config of configs/econas.py."""
    spec = importlib.util.spec_from_file_location("econas_config", CONFIG)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return from_mapping(module.get_config())


def simulate(config: SearchConfig, devices: int, lanes: int) -> list[Wave]:
    """Runs a whole search; returns the waves that it trained."""
    trainer = SimulatedTrainer(devices, lanes)
    search_by(trainer, config, trainer.now)
    return trainer.waves


def search_by(trainer: Trainer, config: SearchConfig, clock: Callable[[], float]) -> None:
    """Runs a whole search without commits by a trainer that needs no genotypes; clock: tells seconds."""

    def prepare(config: SearchConfig, files: Workdir, reporter: Reporter) -> Prepared:
        plan = {"stages": config.search.stages, "rounds": config.search.rounds, "devices": trainer.devices}
        files.claim(config, {}, {"plan": plan})
        algorithm = ALGORITHMS[config.algorithm](config.space, config.search, config.seed)
        return Prepared(algorithm, Ladder(config.rungs, [Setting(_Free())]), trainer, None, clock)

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("econas_jax.search.loop.prepare", prepare),
        mock.patch("econas_jax.search.loop._Search._write", lambda *arguments: None),  # commits: no part of the claim
        mock.patch("econas_jax.search.report.figures.write_search_figures", lambda *arguments: []),
    ):
        run_search(config, folder, Reporter(show=False))


def occupancy(config: SearchConfig, devices: int, lag: int, lanes: int = LANES) -> dict[str, Any]:
    """Returns how full the lanes are in a search with this lag."""
    search: Any = config.search
    config = dataclasses.replace(config, search=dataclasses.replace(search, lag=lag))
    begun = time.perf_counter()
    waves, slots = simulate(config, devices, lanes), devices * lanes
    jobs = sum(wave.jobs for wave in waves)
    ending = 1
    while sum(wave.jobs for wave in waves[-ending:]) == waves[-ending].jobs + waves[-ending].left:
        ending += 1  # this wave and what waited then were all that was left
    return {
        "devices": devices,
        "lanes": lanes,
        "lag": lag,
        "stages": jobs,
        "share_of_lane_time": round(_share(waves, slots), 4),
        "share_before_the_end": round(_share(waves[: len(waves) - ending + 1], slots), 4),
        "time": sum(wave.epochs for wave in waves),
        "waves": len(waves),
        "seconds_of_the_simulation": round(time.perf_counter() - begun, 1),
    }


def _share(waves: list[Wave], slots: int) -> float:
    return sum(wave.jobs * wave.epochs for wave in waves) / max(1, sum(slots * wave.epochs for wave in waves))


def main() -> None:
    """Simulates, and writes or prints the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    config = read_config()
    print(write_result(options.json, {"config": "econas", "cases": [occupancy(config, *case) for case in CASES]}))


if __name__ == "__main__":
    main()
