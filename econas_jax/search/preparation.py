"""What a search needs before its first stage, made from its config: algorithm, networks and trainer."""

from __future__ import annotations

import time

from econas_jax.algorithms import ALGORITHMS
from econas_jax.data import DataReport
from econas_jax.experiment.folder import local_folder
from econas_jax.search.admission import check_limits, refusing
from econas_jax.search.config import SearchConfig
from econas_jax.search.ladder_training import check_rungs, ladder_training
from econas_jax.search.prepared import Prepared
from econas_jax.search.progress import Reporter
from econas_jax.search.table_preparation import prepare_on_table
from econas_jax.search.workdir import Workdir
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.devices import find_devices, lanes_hint


def prepare(config: SearchConfig, files: Workdir, reporter: Reporter) -> Prepared:
    """Loads the data, checks the config against it, and claims the folder; raises InputError where they do not fit."""
    if config.table is not None:
        return prepare_on_table(config, local_folder(config.table, "table"), files)
    settings = arithmetic()
    use_compilation_cache()
    devices = find_devices(config.trainer, config.devices, config.network.compute_dtype, reporter.say)
    if hint := lanes_hint(devices.platform, config.lanes):
        reporter.say(hint)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, config.rungs.resolution)
    report = DataReport.of(dataset)
    for line in report.lines():
        reporter.say(line)
    check_rungs(config, dataset)
    ladder, trainer = ladder_training(config, dataset, devices)
    check_limits(config.space, config.search, ladder.cost, config.seed)
    # Not before: a config that fits no data set, or no network, must not claim the folder.
    plan = {"stages": config.search.stages, "rounds": config.search.rounds, "devices": len(devices)}
    identity = {"data": report.fingerprints, "arithmetic": settings}
    files.claim(config, identity, {"plan": plan, "data": report.facts()})
    refuse = refusing(config.space, config.search, config.network.cells_per_stage, ladder.cost)
    algorithm = ALGORITHMS[config.algorithm](config.space, config.search, config.seed, refuse)
    return Prepared(algorithm, ladder, trainer, len(dataset.validation), time.perf_counter)
