"""A search in seconds, for tests: its config, its data, and trainers that are compiled once a test session."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
import pytest

from econas_jax.algorithms import EcoNASConfig
from econas_jax.data import Dataset, Split, training_subset
from econas_jax.data.config import Augmentation, DataConfig
from econas_jax.nn import SearchNetwork
from econas_jax.search import SearchConfig
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training import Devices, Job, Task, TrainingConfig, WaveTrainer
from econas_jax.training.config import NetworkConfig, ProxyConfig
from econas_jax.training.job import Events, Jobs, Outcome

EPOCHS = 2  # E
_ECONAS = EcoNASConfig(
    initial_population=4,
    cycles=3,
    children=3,
    promotions_to_2e=2,
    promotions_to_3e=1,
    parents_per_population=(1, 1, 1),
    tournament_divisor=2,
    lifetime=2,
    epochs=EPOCHS,
)
CONFIG = SearchConfig(
    search=_ECONAS,
    proxy=ProxyConfig(channels=4, resolution=4, sample_ratio=0.02),  # 29 images
    network=NetworkConfig(cells_per_stage=1),
    data=DataConfig(name="digits", validation_size=30),
    training=TrainingConfig(batch_size=8, evaluation_batch_size=16, augmentation=Augmentation(1, False)),
    devices=4,
)
# Larger than CONFIG, for networks that train in no time: more waves in a phase, and deaths in all populations.
LONGER = dataclasses.replace(
    CONFIG,
    search=dataclasses.replace(
        _ECONAS,
        initial_population=6,
        cycles=5,
        children=5,
        promotions_to_2e=3,
        promotions_to_3e=2,
        parents_per_population=(2, 2, 1),
    ),
)
# XLA's default and what conftest.py sets, said aloud: a worker then has the same flags. They are part of the key under
# which jax keeps compiled programs on disk, so that all tests and the processes they start share these.
XLA_FLAGS = "--xla_cpu_multi_thread_eigen=true --xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true"
# For processes whose programs are compiled in a third of the time, and are compared with nothing but the same on as
# many devices: what XLA's older emitters make rounds otherwise where these differ.
HASTY = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "XLA_FLAGS": f"{XLA_FLAGS} --xla_cpu_use_fusion_emitters=false",
}


def genotypes(count: int) -> list[Genotype]:
    """The first of one fixed random sequence."""
    return [DartsSpace().sample(np.random.default_rng([7, index])) for index in range(count)]


@functools.cache
def dataset() -> Dataset:
    return CONFIG.data.load(CONFIG.seed)


def search_task(branch_free: bool = False) -> Task:
    """The task that `run_search` makes of CONFIG: its programs are the same."""
    proxy, cells_per_stage = CONFIG.proxy, CONFIG.network.cells_per_stage
    return Task(
        network=SearchNetwork(proxy.channels, cells_per_stage, dataset().num_classes, branch_free=branch_free),
        config=CONFIG.training,
        resolution=CONFIG.proxy.resolution,
        total_epochs=3 * EPOCHS,
        mean=dataset().mean,
        std=dataset().std,
        seed=CONFIG.seed,
    )


_TRAINERS: dict[Any, WaveTrainer] = {}


def shared_trainer(
    task: Task,
    train: Split,
    validation: Split,
    devices: Sequence[jax.Device],
    example: Any = None,
    lanes: int = 1,
) -> WaveTrainer:
    """A compiled trainer, the same for the same arguments: it keeps nothing of what it has trained."""
    example = genotypes(1)[0].encode() if example is None else example
    shapes = tuple(leaf.shape for leaf in jax.tree.leaves(example))
    key = (task, train.images.tobytes(), validation.images.tobytes(), tuple(devices), shapes, lanes)
    if key not in _TRAINERS:
        trainer = WaveTrainer(task, train, validation, devices, example, lanes)
        with quick_compilation():
            trainer.prepare()
        _TRAINERS[key] = trainer
    return _TRAINERS[key]


def search_trainer(devices: int, lanes: int = 1) -> WaveTrainer:
    """The trainer of `run_search` for CONFIG on so many devices, with so many lanes."""
    train = training_subset(dataset(), CONFIG.proxy.sample_ratio, CONFIG.seed)
    task = search_task(branch_free=lanes > 1)
    return shared_trainer(task, train, dataset().validation, jax.devices()[:devices], lanes=lanes)


@contextlib.contextmanager
def quick_compilation() -> Iterator[None]:
    """Compiles the search network in a third of the time; its programs are compared with nothing but each other."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@dataclasses.dataclass
class Trained:
    """What searches and studies have trained so far, and what is to happen at the end of each training."""

    jobs: list[Job] = dataclasses.field(default_factory=list)
    schedules: list[int] = dataclasses.field(default_factory=list)  # of each job: the epochs of its learning rate
    compilations: int = 0  # asked for
    after_stage: Callable[[], None] = lambda: None


def start_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts JAX with the four devices of conftest.py."""
    jax.devices()
    monkeypatch.setenv("XLA_FLAGS", XLA_FLAGS)


def share_trainers(monkeypatch: pytest.MonkeyPatch, network: Callable[..., Any] = SearchNetwork) -> Trained:
    """Makes `run_search` and `run_study` use `network` and compiled trainers; returns the record of what they train.

    The trainers are in this process, with virtual devices in place of worker processes.
    """
    start_jax(monkeypatch)
    trained = Trained()

    class Recorder:
        def __init__(
            self, task: Task, train: Split, validation: Split, devices: Devices, example: Any, lanes: int = 1
        ) -> None:
            self._trainer = shared_trainer(task, train, validation, jax.devices()[: len(devices)], example, lanes)
            self.slots, self.devices = self._trainer.slots, self._trainer.devices
            self.state_size, self.device_kind = self._trainer.state_size, self._trainer.device_kind
            self._schedule = task.total_epochs

        def prepare(self, check: Callable[[], None] = lambda: None) -> None:
            check()
            trained.compilations += 1

        def train(self, jobs: Jobs, retries: int = 0) -> Events:
            by_candidate = {job.candidate: job for job in jobs}
            for event in self._trainer.train(jobs, retries):
                if isinstance(event, Outcome):
                    trained.jobs.append(by_candidate[event.candidate])
                    trained.schedules.append(self._schedule)
                    trained.after_stage()
                yield event
                by_candidate |= {job.candidate: job for job in jobs}  # what the search has added meanwhile

    monkeypatch.setattr("econas_jax.training.proxy_training.trainer_for", Recorder)
    monkeypatch.setattr("econas_jax.nn.darts.family.SearchNetwork", network)
    return trained


def fail_waves(monkeypatch: pytest.MonkeyPatch, broken: set[int], error: Exception) -> None:
    """Makes waves with one of the broken candidates raise the error, in trainers of this process."""
    train_wave = WaveTrainer._train_wave

    def failing(trainer: WaveTrainer, wave: list[Job]) -> Events:
        if broken & {job.candidate for job in wave}:
            raise error
        yield from train_wave(trainer, wave)

    monkeypatch.setattr(WaveTrainer, "_train_wave", failing)
