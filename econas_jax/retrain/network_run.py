"""The training of one network from its start, or its last commit, to a trained model."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator

import jax

from econas_jax.data import Split
from econas_jax.data.batches import ImageSource
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.epoch_commits import EpochCommits
from econas_jax.experiment.times import Times
from econas_jax.retrain.config import RetrainConfig
from econas_jax.retrain.history import EpochRecord, Progress
from econas_jax.retrain.progress import Reporter
from econas_jax.retrain.workdir import NetworkFolder
from econas_jax.training.data_parallel import DataParallelTrainer, Scores
from econas_jax.training.epoch import Metrics
from econas_jax.training.epoch_loop import DivergedError, EpochLoop
from econas_jax.training.schedule import drop_path_probability, learning_rate
from econas_jax.training.state import TrainState, Vector, from_vector, to_vector, vector_size


class RetrainInterruptedError(Exception):
    """The retraining was asked to stop; what was done is committed."""


@dataclasses.dataclass
class NetworkRun:
    """Trains one network; all that must outlive the run is in what it commits. The loop's `Stepper`."""

    config: RetrainConfig
    title: str  # such as "network 1 of 5"
    trainer: DataParallelTrainer
    source: ImageSource
    folder: NetworkFolder
    start: Callable[[TrainState], TrainState]  # makes the first state of the initial one
    make_room: Callable[[int], None]
    reporter: Reporter
    interrupted: Callable[[], bool]
    times: Times

    def __post_init__(self) -> None:
        recipe = self.config.training
        self._batches = self.source.training(recipe.batch_size, self.config.seed, short_batch=recipe.short_batch)
        self._began, self._seconds_before = time.perf_counter(), 0.0
        self.epochs, self.steps = recipe.epochs, self._batches.steps
        self.reached = Progress()  # at the end of the last epoch that is done

    def run(self) -> tuple[Progress, TrainState]:
        """Trains to the end; the last epoch is committed then.

        Raises RetrainInterruptedError after a commit, `DivergedError`, SearchError for a full disk, and whatever a
        compiler, a device or a reader of images may raise.
        """
        with self._all_commits() as commits:
            progress, state = self._resumed(commits)
            with Commits(commits.write, self.times, None) as pending:
                loop = EpochLoop(self, pending, self.config.save_epochs, RetrainInterruptedError, self.times)
                batches: Iterator[Split] = iter(())
                try:
                    if progress.epoch < self.epochs:
                        batches = self._prepared(progress)
                    done = progress.epoch * self.steps + progress.step
                    with self.reporter.training(self.title, self.epochs, self.steps, done):
                        return loop.run(progress, state, batches)
                finally:
                    self._batches.close()

    def seconds(self) -> float:
        """Returns what was spent on the network so far, interruptions not counted."""
        return self._seconds_before + time.perf_counter() - self._began

    def score(self, split: str, state: TrainState) -> Scores:
        """Evaluates a state on all images of a split."""
        size = self.config.training.evaluation_batch_size
        with self.times.measuring("validate"):
            return self.trainer.evaluate(state, self.source.evaluation(split, size))

    def batches(self, epoch: int) -> Iterator[Split]:
        """Yields the batches of a whole epoch."""
        return self._batches.epoch(epoch)

    def step(self, state: TrainState, batch: Split, epoch: int, index: int) -> tuple[TrainState, Metrics]:
        """Takes one step; returns the state after it, and sums over the batch."""
        return self.trainer.step(state, batch, epoch, index)

    def counted(self, progress: Progress, images: int, sums: Metrics) -> Progress:
        """Returns the place after a step; raises DivergedError."""
        loss, correct = float(sums.loss), float(sums.accuracy)
        if not math.isfinite(loss):
            raise DivergedError(f"a loss that is not finite in epoch {progress.epoch + 1}, step {progress.step + 1}")
        progress = progress.counted(images, loss, correct)
        self.reporter.step(progress.epoch, progress.correct / progress.images)
        return progress

    def ended(self, progress: Progress, state: TrainState) -> Progress:
        """Looks at the validation images where that is due; returns the place after the epoch at hand."""
        recipe, epoch = self.config.training, progress.epoch
        due = (epoch + 1) % self.config.validate_epochs == 0 or epoch + 1 == recipe.epochs
        scores = self.score("validation", state) if due and self.source.count("validation") else None
        if scores is not None and not math.isfinite(scores.loss):
            raise DivergedError(f"a validation loss that is not finite after epoch {epoch + 1}")
        record = EpochRecord(
            epoch,
            learning_rate(recipe, epoch),
            drop_path_probability(recipe, epoch),
            progress.loss / progress.images,
            progress.correct / progress.images,
            scores.loss if scores else None,
            scores.accuracy if scores else None,
            round(self.seconds(), 3),
        )
        self.reporter.epoch(record)
        self.reached = progress.ended(record)
        return self.reached

    def committed(self, progress: Progress, state: TrainState) -> tuple[Progress, Vector]:
        """Returns what is committed, copied from the devices."""
        return dataclasses.replace(progress, seconds=self.seconds()), to_vector(jax.device_get(state))

    def _all_commits(self) -> EpochCommits[Progress]:
        return EpochCommits(
            self.folder.path,
            self.folder.tensorboard if self.config.tensorboard else None,
            read=Progress.from_json,
            write_history=self.folder.write_history,
            say=self.reporter.say,
            make_room=self.make_room,
        )

    def _resumed(self, commits: EpochCommits[Progress]) -> tuple[Progress, TrainState]:
        template = self.trainer.shapes()
        commit = commits.last(vector_size(template))
        if commit is None:
            with self.times.measuring("compile"):
                return Progress(), self.trainer.put(self.start(self.trainer.init(self._leave_if_asked)))
        progress, vector = commit
        self._seconds_before = progress.seconds
        self.reached = progress
        if progress.epoch < self.epochs:
            self.reporter.say(f"going on in epoch {progress.epoch + 1}, after {progress.step} of its steps")
        return progress, self.trainer.put(from_vector(vector, template))

    def _prepared(self, progress: Progress) -> Iterator[Split]:
        """Compiles for batches of both sizes, and returns those of the epoch at hand that are left."""
        batches = self._batches.epoch(progress.epoch, progress.step)
        first = next(batches)
        size = self.config.training.batch_size
        rest = self.source.count("train") - size * (self.steps - 1)
        with self.reporter.doing(f"compiling {self.title}"), self.times.measuring("compile"):
            sizes = {size, rest} if rest < size else {size}
            self.trainer.prepare(first.images.shape[1:], sizes, self._leave_if_asked)
        return itertools.chain([first], batches)

    def _leave_if_asked(self) -> None:
        if self.interrupted():
            raise RetrainInterruptedError
