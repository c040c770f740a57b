"""The training of one network from its start, or its last commit, to a trained model."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator

import jax

from econas_jax.data import Split
from econas_jax.data.batches import ImageSource
from econas_jax.errors import InputError, SearchError
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.times import Times
from econas_jax.retrain.config import RetrainConfig
from econas_jax.retrain.history import EpochRecord, Progress
from econas_jax.retrain.network_commits import NetworkCommits
from econas_jax.retrain.progress import Reporter
from econas_jax.retrain.workdir import NetworkFolder
from econas_jax.training.data_parallel import DataParallelTrainer, Scores
from econas_jax.training.epoch import Metrics
from econas_jax.training.schedule import drop_path_probability, learning_rate
from econas_jax.training.state import TrainState, from_vector, to_vector, vector_size

AHEAD = 2  # batches that are sent to the devices before the result of one is waited for
MOST_UNSAVED = 600.0  # seconds of training that a kill can take back, however long an epoch is


class RetrainInterruptedError(Exception):
    """The retraining was asked to stop; what was done is committed."""


class DivergedError(Exception):
    """A loss that is not finite: the training would not come back from it."""


@dataclasses.dataclass
class NetworkRun:
    """Trains one network; all that must outlive the run is in what it commits."""

    config: RetrainConfig
    title: str  # such as "network 1 of 5"
    trainer: DataParallelTrainer
    source: ImageSource
    folder: NetworkFolder
    start: Callable[[TrainState], TrainState]  # makes the first state of the initial one
    make_room: Callable[[int], None]
    reporter: Reporter
    should_stop: Callable[[], bool]
    times: Times

    def __post_init__(self) -> None:
        recipe = self.config.training
        self._batches = self.source.training(recipe.batch_size, self.config.seed, short_batch=recipe.short_batch)
        self._began, self._seconds_before = time.perf_counter(), 0.0
        self._saved_at = self._began
        self._unreadable: Exception | None = None
        self.reached = Progress()  # at the end of the last epoch that is done

    def run(self) -> tuple[Progress, TrainState]:
        """Trains to the end; the last epoch is committed then.

        Raises RetrainInterruptedError after a commit, `DivergedError`, SearchError for a full disk, and whatever a
        compiler, a device or a reader of images may raise.
        """
        with NetworkCommits(self.folder, self.reporter.say, self.make_room, self.config.tensorboard) as commits:
            progress, state = self._resumed(commits)
            with Commits(commits.write, self.times, None) as self._commits:
                try:
                    return self._trained(progress, state)
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

    def _resumed(self, commits: NetworkCommits) -> tuple[Progress, TrainState]:
        template = self.trainer.shapes()
        commit = commits.last(vector_size(template))
        if commit is None:
            with self.times.measuring("compile"):
                return Progress(), self.trainer.put(self.start(self.trainer.init(self._leave_if_asked)))
        progress, vector = commit
        self._seconds_before = progress.seconds
        self.reached = progress
        if progress.epoch < self.config.training.epochs:
            self.reporter.say(f"going on in epoch {progress.epoch + 1}, after {progress.step} of its steps")
        return progress, self.trainer.put(from_vector(vector, template))

    def _trained(self, progress: Progress, state: TrainState) -> tuple[Progress, TrainState]:
        epochs, steps = self.config.training.epochs, self._batches.steps
        batches: Iterator[Split] = iter(())
        if progress.epoch < epochs:
            batches = self._prepared(progress)
        with self.reporter.training(self.title, epochs, steps, progress.epoch * steps + progress.step):
            while progress.epoch < epochs:
                progress, state = self._epoch(progress, state, batches)
                if progress.epoch < epochs:
                    batches = self._batches.epoch(progress.epoch)
        return progress, state

    def _prepared(self, progress: Progress) -> Iterator[Split]:
        """Compiles for batches of both sizes, and returns those of the epoch at hand that are left."""
        batches = self._batches.epoch(progress.epoch, progress.step)
        first = next(batches)
        size = self.config.training.batch_size
        rest = self.source.count("train") - size * (self._batches.steps - 1)
        with self.reporter.doing(f"compiling {self.title}"), self.times.measuring("compile"):
            sizes = {size, rest} if rest < size else {size}
            self.trainer.prepare(first.images.shape[1:], sizes, self._leave_if_asked)
        return itertools.chain([first], batches)

    def _leave_if_asked(self) -> None:
        if self.should_stop():
            raise RetrainInterruptedError

    def _epoch(self, progress: Progress, state: TrainState, batches: Iterator[Split]) -> tuple[Progress, TrainState]:
        """Trains what is left of the epoch at hand; commits at its end where that is due."""
        waiting: deque[tuple[int, Metrics]] = deque()
        stop = False
        for index, batch in enumerate(self._readable(batches), progress.step):
            with self.times.measuring("train"):
                state, sums = self.trainer.step(state, batch, progress.epoch, index)
                waiting.append((len(batch), sums))
                if len(waiting) > AHEAD:
                    progress = self._counted(progress, *waiting.popleft())
            if stop := self.should_stop():
                break
            if time.perf_counter() - self._saved_at > MOST_UNSAVED and index + 1 < self._batches.steps:
                progress = self._all_counted(progress, waiting)
                self._commit(progress, state)
        progress = self._all_counted(progress, waiting)
        if progress.step == self._batches.steps:
            progress = self._ended(progress, state)
        if stop or self._unreadable:
            self._commit(progress, state)
            self._commits.wait()
            raise self._unreadable or RetrainInterruptedError
        if progress.epoch % self.config.save_epochs == 0 or progress.epoch == self.config.training.epochs:
            self._commit(progress, state)
        return progress, state

    def _readable(self, batches: Iterator[Split]) -> Iterator[Split]:
        """Yields the batches up to one that cannot be read: what was trained until then is to be kept."""
        try:
            yield from batches
        except (InputError, SearchError) as error:
            self._unreadable = error

    def _all_counted(self, progress: Progress, waiting: deque[tuple[int, Metrics]]) -> Progress:
        with self.times.measuring("train"):
            while waiting:
                progress = self._counted(progress, *waiting.popleft())
        return progress

    def _counted(self, progress: Progress, images: int, sums: Metrics) -> Progress:
        loss, correct = float(sums.loss), float(sums.accuracy)
        if not math.isfinite(loss):
            raise DivergedError(f"a loss that is not finite in epoch {progress.epoch + 1}, step {progress.step + 1}")
        progress = progress.counted(images, loss, correct)
        self.reporter.step(progress.epoch, progress.correct / progress.images)
        return progress

    def _ended(self, progress: Progress, state: TrainState) -> Progress:
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

    def _commit(self, progress: Progress, state: TrainState) -> None:
        progress = dataclasses.replace(progress, seconds=self.seconds())
        self._commits.begin((progress, to_vector(jax.device_get(state))))
        self._saved_at = time.perf_counter()
