"""A retraining: its networks one after another, each from its start to a trained model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from econas_jax.data.batches import ImageSource, MemorySource
from econas_jax.errors import require
from econas_jax.experiment import disk
from econas_jax.experiment.folder import local_folder
from econas_jax.retrain.choices import choices
from econas_jax.retrain.config import CHANGEABLE, RetrainConfig
from econas_jax.retrain.images import check_count, image_source
from econas_jax.retrain.networks import chosen_networks
from econas_jax.retrain.progress import Reporter
from econas_jax.retrain.result import RetrainResult
from econas_jax.retrain.retraining import Retraining
from econas_jax.retrain.workdir import Workdir
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
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
        if not files.claimed and not isinstance(source, MemorySource):  # which has read all its images
            with reporter.doing("checking the images to test by"):
                source.check()
        # Not before: a config that fits no images must not claim the folder.
        described = {f"network_{number}": network.description.to_json() for number, network in enumerate(networks)}
        files.claim(config, {"data": source.identity(), "arithmetic": settings, "networks": described})
        files.record(config)
        with disk.one_line_errors(files.path):
            return Retraining(config, networks, devices, source, files, reporter, should_stop).run()
