"""The networks of a retraining in turn: each is trained, tested, written as a model and recorded."""

from __future__ import annotations

import dataclasses
import math
import traceback
from collections.abc import Callable

import jax

from econas_jax.data.batches import ImageSource
from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import disk
from econas_jax.experiment.times import Times
from econas_jax.retrain.config import RetrainConfig
from econas_jax.retrain.model import trained_model
from econas_jax.retrain.network_run import NetworkRun, RetrainInterruptedError
from econas_jax.retrain.networks import Chosen, trainer_of
from econas_jax.retrain.progress import Reporter
from econas_jax.retrain.recalibration import with_new_statistics
from econas_jax.retrain.result import NetworkOutcome, RetrainResult, Status
from econas_jax.retrain.start import first_state
from econas_jax.retrain.workdir import Workdir
from econas_jax.training.data_parallel import Scores
from econas_jax.training.epoch_loop import DivergedError


@dataclasses.dataclass
class Retraining:
    """One run over all networks; all that must outlive it is on the disk."""

    config: RetrainConfig
    networks: tuple[Chosen, ...]
    devices: tuple[jax.Device, ...]
    source: ImageSource
    files: Workdir
    reporter: Reporter
    should_stop: Callable[[], bool]

    def run(self) -> RetrainResult:
        """Trains what is not trained yet."""
        self._times = Times()
        self._say_what()
        outcomes: list[NetworkOutcome] = []
        trained = False
        try:
            for number in range(len(self.networks)):
                outcome = self.files.network(number).outcome()
                if outcome is None or outcome.status == "failed":
                    outcome, trained = self._network(number), True
                outcomes.append(outcome)
                self.files.write_result(outcomes, len(self.networks))
        except RetrainInterruptedError:
            self.files.write_result(outcomes, len(self.networks))
            self.reporter.say(f"report so far: {self.files.report}")
            raise
        self.reporter.outcomes(outcomes)
        self.reporter.say(f"report: {self.files.report}")
        if trained:
            self.reporter.say(f"time: {self._times}")
        return RetrainResult(tuple(outcomes), self.files.path)

    def _say_what(self) -> None:
        config, first = self.config, self.networks[0]
        parameters = first.description.cost(config.resolution or self.source.image_size).parameters
        one = f"{first.choice.name} ({parameters:,} parameters)"
        self.reporter.say(
            f"retraining {one if len(self.networks) == 1 else f'{len(self.networks)} networks'}: "
            f"{config.training.epochs} epochs on {self.source.count('train'):,} images of {self.source.name}; results "
            f"in {self.files.path}"
        )

    def _network(self, number: int) -> NetworkOutcome:
        """Trains one network and says how it ended; then its outcome is on the disk."""
        run, folder = self._run_of(number), self.files.network(number)
        status: Status = "completed"
        scores = reason = trace = None
        try:
            scores = self._trained(number, run)
        except (InputError, SearchError, RetrainInterruptedError):
            raise
        except DivergedError as error:
            status, reason = "diverged", str(error)
        except Exception as error:  # whatever a compiler, a device, a network or a reader of images may raise
            status, reason, trace = "failed", _reason(error), traceback.format_exc()
        outcome = self._outcome(number, run, scores, status, reason)
        folder.write_outcome(outcome)
        if status != "completed":
            folder.write_history(run.reached)
            kept = "" if trace is None else f" (traceback in {folder.write_failure(trace)})"
            self.reporter.say(f"{run.title} {status}: {reason}{kept}")
        return outcome

    def _trained(self, number: int, run: NetworkRun) -> Scores | None:
        """Trains, then reads the test images, once, and writes the model; returns the scores, None without images."""
        progress, state = run.run()
        state = with_new_statistics(run.trainer.task, state, self.source)
        scores = run.score("test", state) if self.source.count("test") else None
        if scores is not None and not math.isfinite(scores.loss):
            raise DivergedError("a test loss that is not finite after the last epoch")
        model = trained_model(self.networks[number], self.config, self.source, progress, state, scores)
        with disk.one_line_errors(self.files.path):
            model.save(run.folder.model)
        return scores

    def _run_of(self, number: int) -> NetworkRun:
        network = self.networks[number]
        return NetworkRun(
            config=self.config,
            title=f"network {number + 1} of {len(self.networks)}",
            trainer=trainer_of(network.description, self.config, self.source, self.devices),
            source=self.source,
            folder=self.files.network(number),
            start=first_state(self.config.start, network.choice, network.description),
            make_room=lambda size: disk.check_room(self.files.path, size, self.config.disk_gib),
            reporter=self.reporter,
            interrupted=self.should_stop,
            times=self._times,
        )

    def _outcome(
        self, number: int, run: NetworkRun, scores: Scores | None, status: Status, reason: str | None
    ) -> NetworkOutcome:
        network, reached = self.networks[number], run.reached
        last = reached.history[-1] if reached.history else None
        cost = network.description.cost(run.trainer.task.resolution)
        return NetworkOutcome(
            number=number,
            name=network.choice.name,
            genotype=network.description.title,
            status=status,
            epochs=reached.epoch,
            test_accuracy=scores.accuracy if scores else None,
            test_loss=scores.loss if scores else None,
            validation_accuracy=last.validation_accuracy if last else None,
            train_accuracy=last.train_accuracy if last else None,
            parameters=cost.parameters,
            multiply_adds=cost.multiply_adds,
            seconds=round(run.seconds(), 3),
            reason=reason,
        )


def _reason(error: Exception) -> str:
    """Returns an exception as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
