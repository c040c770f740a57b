"""A search inside a supernet from its start, or its last commit, to its last epoch."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from econas_jax.data import Split
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.epoch_commits import EpochCommits
from econas_jax.experiment.times import Times
from econas_jax.supernet.config import SupernetConfig
from econas_jax.supernet.course import Course
from econas_jax.supernet.derive import Table
from econas_jax.supernet.history import TABLES, EpochRecord, Progress, Rows
from econas_jax.supernet.images import SearchImages, StepImages
from econas_jax.supernet.progress import Reporter
from econas_jax.supernet.ranking import Candidate, Ranked, Ranking
from econas_jax.supernet.stream_images import StreamImages
from econas_jax.supernet.task import Measures, SupernetState
from econas_jax.supernet.trainer import SupernetTrainer
from econas_jax.supernet.workdir import Workdir
from econas_jax.training.epoch_loop import DivergedError, EpochLoop
from econas_jax.training.state import Vector, from_vector, to_vector, vector_size

DECIMALS = 6  # of the shares in the history


class SupernetInterruptedError(Exception):
    """The search was asked to stop; what was done is committed."""


@dataclasses.dataclass
class SupernetRun:
    """Searches; all that must outlive the run is in what it commits. The loop's `Stepper`."""

    config: SupernetConfig
    trainer: SupernetTrainer
    images: SearchImages | StreamImages
    files: Workdir
    make_room: Callable[[int], None]
    reporter: Reporter
    interrupted: Callable[[], bool]
    times: Times

    def __post_init__(self) -> None:
        method, training = self.trainer.method, self.config.training
        reads = tuple(phase.reads for phase in method.phases)
        sizes = training.batch_size, training.short_batch
        self._course = Course(reads, *sizes, self.images.counts, method.order)
        self.epochs, self.steps = self.config.proxy.epochs, self._course.steps
        self._began, self._seconds_before = time.perf_counter(), 0.0

    def run(self) -> tuple[Progress, SupernetState]:
        """Searches to the end; the last epoch is committed then.

        Raises SupernetInterruptedError after a commit, DivergedError, SearchError for a full disk, and whatever a
        compiler or a device may raise.
        """
        with self._all_commits() as commits:
            progress, state = self._resumed(commits)
            with Commits(commits.write, self.times, None) as pending:
                loop = EpochLoop(self, pending, self.config.save_epochs, SupernetInterruptedError, self.times)
                batches: Iterator[StepImages] = iter(())
                if progress.epoch < self.epochs:
                    batches = self._prepared(progress)
                done = progress.epoch * self.steps + progress.step
                with self.reporter.training("searching", self.epochs, self.steps, done):
                    return loop.run(progress, state, batches)

    def ranked(self, state: SupernetState, others: Sequence[Candidate]) -> list[Ranked]:
        """Ranks the method's candidates and others by a state's weights; goes on with a ranking that was stopped.

        Raises SupernetInterruptedError; what is ranked until then is in the workdir.
        """
        method = self.trainer.method
        batches = functools.cache(self._to_judge)  # read only if a candidate is not in the file

        def score(genotype: Any, number: int) -> float:
            return self.trainer.accuracy(state, genotype, number, *batches())

        with self.reporter.doing("ranking candidates"), self.times.measuring("validate"):
            ranking = Ranking(self.files.ranking, method.text, score, self._leave_if_asked, self.reporter.ranked)
            method.rank(jax.device_get(state.architecture), self.config.seed, ranking.judge)
            for candidate in others:
                ranking.judge(*candidate)
        return ranking.ranked

    def _to_judge(self) -> tuple[list[Split], list[Split]]:
        """Returns the batches that candidates are judged by, and those of which their statistics are made."""
        judging = self.trainer.method.judging
        if judging is None:
            return self.images.to_judge(self.config.training.batch_size, whole=True), []
        held_out = self.images.to_judge(judging.batch_size, whole=False)
        return held_out, self.images.to_calibrate(judging.batch_size, judging.batches)

    def seconds(self) -> float:
        """Returns what was spent on the search so far, interruptions not counted."""
        return self._seconds_before + time.perf_counter() - self._began

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[StepImages]:
        """Yields what the steps of an epoch read, from a step on."""
        return self.images.epoch(self._course, epoch, first_step)

    def step(self, state: SupernetState, batch: StepImages, epoch: int, index: int) -> tuple[SupernetState, Measures]:
        """Takes one step; returns the state after it, and its measures."""
        return self.trainer.step(state, batch, epoch, index, self.steps)

    def counted(self, progress: Progress, images: int, sums: Measures) -> Progress:
        """Returns the place after a step; raises DivergedError."""
        measures = {name: float(value) for name, value in sums.items()}
        if not all(map(math.isfinite, measures.values())):
            raise DivergedError(f"a loss that is not finite in epoch {progress.epoch + 1}, step {progress.step + 1}")
        progress = progress.counted(images, measures)
        self.reporter.step(progress.epoch, progress.sums["train_accuracy"].mean)
        return progress

    def ended(self, progress: Progress, state: SupernetState) -> Progress:
        """Derives the genotype; returns the place after the epoch at hand."""
        method, epoch = self.trainer.method, progress.epoch
        derived = method.derived(jax.device_get(state.architecture))
        record = EpochRecord(
            epoch=epoch,
            learning_rate=self.trainer.task.learning_rate(self.epochs, epoch, (self.steps - 1) / self.steps),
            temperature=method.temperature(epoch),
            measures=progress.means() | dict(derived.numbers),
            genotype=derived.genotype,
            skips=derived.skips,
            seconds=round(self.seconds(), 3),
            **{name: _rows(derived.tables.get(name)) for name in TABLES},
        )
        self.reporter.epoch(record)
        return progress.ended(record)

    def committed(self, progress: Progress, state: SupernetState) -> tuple[Progress, Vector]:
        """Returns what is committed, copied from the devices."""
        return dataclasses.replace(progress, seconds=self.seconds()), to_vector(jax.device_get(state))

    def _all_commits(self) -> EpochCommits[Progress]:
        return EpochCommits(
            self.files.path,
            self.files.tensorboard if self.config.tensorboard else None,
            read=Progress.from_json,
            write_history=self.files.write_history,
            say=self.reporter.say,
            make_room=self.make_room,
        )

    def _resumed(self, commits: EpochCommits[Progress]) -> tuple[Progress, SupernetState]:
        template = self.trainer.shapes()
        commit = commits.last(vector_size(template))
        if commit is None:
            with self.times.measuring("compile"):
                return Progress(), self.trainer.init(self._leave_if_asked)
        progress, vector = commit
        self._seconds_before = progress.seconds
        if progress.epoch < self.epochs:
            self.reporter.say(
                f"going on in epoch {progress.epoch + 1}, after {progress.step} of its {self.steps} steps"
            )
        return progress, self.trainer.put(from_vector(vector, template))

    def _prepared(self, progress: Progress) -> Iterator[StepImages]:
        """Compiles for all steps that are left, and returns those of the epoch at hand."""
        with self.reporter.doing("compiling"), self.times.measuring("compile"):
            kinds = self._course.kinds(range(progress.epoch, self.epochs))
            self.trainer.prepare(kinds, self.images.size, self._leave_if_asked)
        return self.batches(progress.epoch, progress.step)

    def _leave_if_asked(self) -> None:
        if self.interrupted():
            raise SupernetInterruptedError


def _rows(table: Table | None) -> Rows | None:
    if table is None:
        return None
    return tuple(tuple(round(float(value), DECIMALS) for value in row) for row in table)
