"""The model zoo: networks drawn from a space, and their training by every setting in waves."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import jax
import numpy as np

from econas_jax.data import Dataset, training_subset
from econas_jax.errors import require
from econas_jax.experiment.console import Reporter
from econas_jax.nn import SearchNetwork
from econas_jax.spaces.darts import DartsSpace, multiply_adds
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.study.config import StudyConfig
from econas_jax.study.row_file import RowFile
from econas_jax.study.setting import Setting
from econas_jax.study.table import Row, StudyTable
from econas_jax.training import Job, Outcome, Task, Trainer, trainer_for

# Keeps these random numbers apart from the others that are drawn from the same seed.
NETWORK_STREAM = 10_011
MAXIMUM_DRAWS = 10_000  # a space with fewer functions than networks wanted has no more at some point


class StudyInterruptedError(Exception):
    """The study was asked to stop; every finished row is in the table."""


def draw_networks(space: DartsSpace, count: int, seed: int) -> list[Genotype]:
    """So many genotypes that compute different functions; a shorter list is the beginning of a longer one.

    Raises InputError if the space has not that many.
    """
    found: dict[Genotype, Genotype] = {}
    rng = np.random.default_rng([seed, NETWORK_STREAM])
    for _ in range(MAXIMUM_DRAWS):
        genotype = space.sample(rng)
        found.setdefault(genotype.canonical(), genotype)
        if len(found) == count:
            break
    require(len(found) == count, "networks", count, f"at most {len(found)}, the different ones found in the space")
    return list(found.values())


@dataclasses.dataclass
class Zoo:
    """Trains what a table lacks. Networks are numbered from 0 in the order of `genotypes`."""

    config: StudyConfig
    dataset: Dataset
    genotypes: Sequence[Genotype]
    devices: Sequence[jax.Device]
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
            # A wave lasts as long as its slowest network, so like goes with like.
            accuracies = self._train_by(setting, sorted(waiting, key=waiting.__getitem__, reverse=True))
            trained += sum(waiting.values())
            left = (time.perf_counter() - start) * (total - trained) / trained
            self.reporter.say(
                f"setting {place}/{len(self.config.settings)} {setting}: {len(waiting)} networks, mean accuracy "
                f"{100 * float(np.mean(accuracies)):.1f} %; about {left / 60:.0f} min left"
            )

    def _train_by(self, setting: Setting, numbers: Sequence[int]) -> list[float]:
        """One setting's runs, in waves; their validation accuracies."""
        trainer, accuracies = self._trainer(setting), []
        for first in range(0, len(numbers), trainer.slots):
            wave = numbers[first : first + trainer.slots]
            jobs = [Job(number, self.genotypes[number], 0, setting.proxy.epochs) for number in wave]
            outcomes = trainer.train(jobs, self._stop_if_asked)
            # Idle slots of the last wave cost as much as busy ones, so that a full wave's share is what counts.
            share = len(jobs) * len(self.devices) / trainer.slots
            self.rows.append([self._row(setting, outcome, outcome.seconds * share) for outcome in outcomes])
            accuracies += [outcome.validation_accuracy or 0.0 for outcome in outcomes]
        return accuracies

    def _stop_if_asked(self, epoch: int) -> None:
        if self.should_stop():
            raise StudyInterruptedError

    def _trainer(self, setting: Setting) -> Trainer:
        """Compiled for a setting: its epochs have a learning-rate schedule of their own."""
        config, proxy = self.config, setting.proxy
        cells, nodes = config.cells(setting), config.space.nodes
        task = Task(
            network=SearchNetwork(
                proxy.channels,
                cells,
                self.dataset.num_classes,
                nodes=nodes,
                compute_dtype=config.network.compute_dtype,
            ),
            config=config.training,
            resolution=proxy.resolution,
            total_epochs=proxy.epochs,
            mean=self.dataset.mean,
            std=self.dataset.std,
            seed=config.training_seed(setting),
        )
        train = training_subset(self.dataset, proxy.sample_ratio, config.seed)
        trainer = trainer_for(task, train, self.dataset.validation, self.devices, self.genotypes[0])
        with self.reporter.doing(f"compiling {setting}"):
            trainer.compile()
        return trainer

    def _row(self, setting: Setting, outcome: Outcome, seconds: float) -> Row:
        diverged = outcome.validation_accuracy is None
        return Row(
            network=str(outcome.candidate),
            proxy=str(setting),
            seed=self.config.training_seed(setting),
            train_accuracy=outcome.train_accuracy,
            validation_accuracy=outcome.validation_accuracy,
            seconds=round(seconds, 3),
            multiply_adds=self._multiply_adds(setting, outcome.candidate),
            status="diverged" if diverged else "completed",
        )

    def _multiply_adds(self, setting: Setting, number: int) -> int:
        """Forward, of all images of all epochs."""
        proxy, batch = setting.proxy, self.config.training.batch_size
        images = int(len(self.dataset.train) * proxy.sample_ratio) // batch * batch
        of_an_image = multiply_adds(
            self.genotypes[number],
            channels=proxy.channels,
            cells_per_stage=self.config.cells(setting),
            resolution=proxy.resolution,
            num_classes=self.dataset.num_classes,
        )
        return of_an_image * images * proxy.epochs
