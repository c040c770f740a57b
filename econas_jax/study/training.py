"""The networks of a study: drawn from its space, and trained by every setting."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from econas_jax.data import Dataset
from econas_jax.errors import SearchError, require
from econas_jax.experiment.console import Reporter
from econas_jax.nn import NetworkSettings, network_family
from econas_jax.nn.network import Cost, NetworkFamily
from econas_jax.spaces.space import Genotype, Space
from econas_jax.study.config import StudyConfig
from econas_jax.study.row_file import RowFile
from econas_jax.study.setting import Setting
from econas_jax.study.table import Row, StudyTable
from econas_jax.training import Devices, Job, Outcome, Trainer
from econas_jax.training.job import outcomes
from econas_jax.training.proxy_training import proxy_training

# Keeps these random numbers apart from the others that are drawn from the same seed.
NETWORK_STREAM = 10_011
RETRIES = 1  # of a network whose training raises an exception
MAXIMUM_DRAWS = 10_000  # a space with fewer functions than networks wanted has no more at some point


class StudyInterruptedError(Exception):
    """The study was asked to stop; every finished row is in the table."""


def draw_networks(space: Space[Any], count: int, seed: int) -> list[Genotype]:
    """Draws genotypes that compute different functions; a shorter list is the beginning of a longer one.

    Raises InputError if the space has not that many.
    """
    found: dict[Genotype, Genotype] = {}
    rng = np.random.default_rng([seed, NETWORK_STREAM])
    for _ in range(MAXIMUM_DRAWS):
        genotype = space.sample(rng)
        found.setdefault(space.canonical(genotype), genotype)
        if len(found) == count:
            break
    require(len(found) == count, "networks", count, f"at most {len(found)}, the different ones found in the space")
    return list(found.values())


def network_costs(config: StudyConfig, genotypes: Sequence[Genotype], num_classes: int) -> list[Cost]:
    """Counts the parameters and the multiply-adds of an image of every network in the original setting."""
    family = network_family(config.space, _network_settings(config, Setting.parse(config.original), num_classes))
    return [family.cost(genotype) for genotype in genotypes]


def _network_settings(config: StudyConfig, setting: Setting, num_classes: int) -> NetworkSettings:
    proxy = setting.proxy
    return NetworkSettings(proxy.channels, proxy.resolution, config.cells(setting), num_classes)


@dataclasses.dataclass
class StudyTraining:
    """Trains what a table lacks. Networks are numbered from 0 in the order of `genotypes`."""

    config: StudyConfig
    dataset: Dataset
    genotypes: Sequence[Genotype]
    devices: Devices
    rows: RowFile
    reporter: Reporter
    should_stop: Callable[[], bool]

    def train(self, table: StudyTable) -> None:
        """Adds a row to the file for every network and setting that has none in the table.

        Raises StudyInterruptedError soon after should_stop() is true.
        """
        done = {(row.network, row.proxy) for row in table.rows}
        wanted = [
            (setting, number, self._multiply_adds(setting, number))
            for setting in self.config.settings
            for number in range(len(self.genotypes))
            if (str(number), str(setting)) not in done
        ]
        total, trained, start = sum(cost for *_, cost in wanted), 0, time.perf_counter()
        for place, setting in enumerate(self.config.settings, start=1):
            waiting = {number: cost for wish, number, cost in wanted if wish == setting}
            if not waiting:
                continue
            # Costliest first, so that the last ones to begin are short.
            accuracies = self._train_by(setting, sorted(waiting, key=waiting.__getitem__, reverse=True))
            trained += sum(waiting.values())
            left = (time.perf_counter() - start) * (total - trained) / trained
            self.reporter.say(
                f"setting {place}/{len(self.config.settings)} {setting}: {len(waiting)} networks, mean accuracy "
                f"{100 * float(np.mean(accuracies)):.1f} %; about {left / 60:.0f} min left"
            )

    def _train_by(self, setting: Setting, numbers: Sequence[int]) -> list[float]:
        """Trains networks by one setting, adds a row for each as it ends, and returns their validation accuracies."""
        family, trainer = self._training(setting)
        epochs, accuracies = setting.proxy.epochs, []
        jobs = deque(Job(number, family.encode(self.genotypes[number]), 0, epochs) for number in numbers)
        with contextlib.closing(trainer.train(jobs, RETRIES)) as events:
            for outcome in outcomes(events, self._stop_if_asked):
                self._refuse_failure(setting, outcome)
                self.rows.append([self._row(setting, outcome)])
                accuracies.append(outcome.validation_accuracy or 0.0)
        return accuracies

    def _stop_if_asked(self) -> None:
        if self.should_stop():
            raise StudyInterruptedError

    def _refuse_failure(self, setting: Setting, outcome: Outcome) -> None:
        """Raises SearchError for a network whose training raised an exception: its row would be missing."""
        if outcome.trace is not None:
            raise SearchError(f"network {outcome.candidate} by {setting} failed: {outcome.reason}")

    def _training(self, setting: Setting) -> tuple[NetworkFamily[Any], Trainer]:
        """Compiles for a setting: its epochs have a learning-rate schedule of their own."""
        family, trainer = proxy_training(
            self.config.space,
            self.dataset,
            self.devices,
            proxy=self.config.proxy_of(setting),
            network=self.config.network_of(setting),
            training=self.config.training,
            total_epochs=setting.proxy.epochs,
            seed=self.config.training_seed(setting),
            subset_seed=self.config.seed,
        )
        with self.reporter.doing(f"compiling {setting}"):
            trainer.prepare(self._stop_if_asked)
        return family, trainer

    def _row(self, setting: Setting, outcome: Outcome) -> Row:
        diverged = outcome.validation_accuracy is None
        return Row(
            network=str(outcome.candidate),
            proxy=str(setting),
            seed=self.config.training_seed(setting),
            train_accuracy=outcome.train_accuracy,
            validation_accuracy=outcome.validation_accuracy,
            seconds=round(outcome.seconds, 3),
            multiply_adds=self._multiply_adds(setting, outcome.candidate),
            status="diverged" if diverged else "completed",
        )

    def _multiply_adds(self, setting: Setting, number: int) -> int:
        """Counts the forward passes of all images of all epochs."""
        proxy, batch = setting.proxy, self.config.training.batch_size
        images = int(len(self.dataset.train) * proxy.sample_ratio) // batch * batch
        settings = _network_settings(self.config, setting, self.dataset.num_classes)
        of_an_image = network_family(self.config.space, settings).cost(self.genotypes[number]).multiply_adds
        return of_an_image * images * proxy.epochs
