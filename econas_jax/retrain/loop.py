"""A retraining: its networks one after another, each from its start to a trained model."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import traceback
from collections.abc import Callable
from pathlib import Path

import jax

from econas_jax.data.batches import ImageSource
from econas_jax.errors import InputError, SearchError, require
from econas_jax.experiment import disk
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.times import Times
from econas_jax.retrain.choices import choices
from econas_jax.retrain.config import CHANGEABLE, RetrainConfig
from econas_jax.retrain.images import check_count, image_source
from econas_jax.retrain.model import trained_model
from econas_jax.retrain.network_run import DivergedError, NetworkRun, RetrainInterruptedError
from econas_jax.retrain.networks import Chosen, chosen_networks, trainer_of
from econas_jax.retrain.progress import Reporter
from econas_jax.retrain.result import NetworkOutcome, RetrainResult, Status
from econas_jax.retrain.start import first_state
from econas_jax.retrain.workdir import Workdir
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.data_parallel import Scores
from econas_jax.training.devices import batch_devices


def run_retrain(
    config: RetrainConfig,
    workdir: str | Path,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    source: ImageSource | None = None,
) -> RetrainResult:
    """Trains the networks that the config names, or goes on with the retraining in the workdir.

    A finished one only returns its result. source: the images; None: those of `config.data`. The test images are read
    once for each network, after its last epoch. A network that diverges or whose training raises an exception is
    recorded as such, and the next one follows.

    Raises InputError, before anything is trained, for a config that cannot be run; `RetrainInterruptedError`, after a
    commit, once should_stop() is true (it is asked after every step); SearchError if the disk is full.
    """
    kind = type(config).__name__
    require(isinstance(config, RetrainConfig), "config", kind, "a RetrainConfig (from_mapping makes one)")
    reporter = reporter or Reporter(show=False)
    asked = choices(config.genotype)
    files = Workdir(local_folder(workdir), reporter.say)
    with files.held(config, CHANGEABLE.__contains__), contextlib.ExitStack() as stack:
        files.check(config, CHANGEABLE.__contains__)  # again: another retraining may have run here until now
        settings = arithmetic()
        use_compilation_cache()
        devices = batch_devices(config.devices, config.network.compute_dtype)
        source = source or image_source(config, reporter)
        stack.callback(source.close)
        check_count(config, source)
        networks = chosen_networks(asked, config, source, devices)
        if not files.claimed:
            with reporter.doing("checking the images to test by"):
                source.check()
        # Not before: a config that fits no images must not claim the folder.
        described = {f"network_{number}": network.description.to_json() for number, network in enumerate(networks)}
        files.claim(config, {"data": source.identity(), "arithmetic": settings, "networks": described})
        files.record(config)
        with disk.one_line_errors(files.path):
            return _Retraining(config, networks, devices, source, files, reporter, should_stop).run()


@dataclasses.dataclass
class _Retraining:
    """One run over all networks."""

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
        config, count = self.config, len(self.networks)
        what = f"{count} networks" if count > 1 else self.networks[0].choice.name
        self.reporter.say(
            f"retraining {what}: {config.training.epochs} epochs on {self.source.count('train')} images of "
            f"{self.source.name}, {config.network.channels} channels, N = {config.network.cells_per_stage}; results in "
            f"{self.files.path}"
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
            should_stop=self.should_stop,
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
