"""What a search needs before its first stage, made from its config: algorithm, networks and trainer."""

from __future__ import annotations

import time

from econas_jax.algorithms import ALGORITHMS
from econas_jax.data import DataReport
from econas_jax.experiment.folder import local_folder
from econas_jax.search.admission import check_limits, refusing
from econas_jax.search.config import SearchConfig
from econas_jax.search.prepared import Prepared
from econas_jax.search.progress import Reporter
from econas_jax.search.table_preparation import prepare_on_table
from econas_jax.search.workdir import Workdir
from econas_jax.training import choose_devices
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.config import check_against_dataset
from econas_jax.training.devices import lanes_hint
from econas_jax.training.proxy_training import proxy_training


def prepare(config: SearchConfig, files: Workdir, reporter: Reporter) -> Prepared:
    """Loads the data, checks the config against it, and claims the folder; raises InputError where they do not fit."""
    if config.table is not None:
        return prepare_on_table(config, local_folder(config.table, "table"), files)
    settings = arithmetic()
    use_compilation_cache()
    devices = choose_devices(config.devices, config.network.compute_dtype)
    if hint := lanes_hint(devices.platform, config.lanes):
        reporter.say(hint)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, config.proxy.resolution)
    report = DataReport.of(dataset)
    for line in report.lines():
        reporter.say(line)
    check_against_dataset(config.proxy, config.training, dataset)
    family, trainer = proxy_training(
        config.space,
        dataset,
        devices,
        proxy=config.proxy,
        network=config.network,
        training=config.training,
        total_epochs=config.search.total_epochs,
        seed=config.seed,
        subset_seed=config.seed,
        lanes=config.lanes,
    )
    check_limits(config.space, config.search, family.cost, config.seed)
    # Not before: a config that fits no data set, or no network, must not claim the folder.
    plan = {"stages": config.search.stages, "rounds": config.search.rounds, "devices": len(devices)}
    identity = {"data": report.fingerprints, "arithmetic": settings}
    files.claim(config, identity, {"plan": plan, "data": report.facts()})
    refuse = refusing(config.space, config.search, config.network.cells_per_stage, family.cost)
    algorithm = ALGORITHMS[config.algorithm](config.space, config.search, config.seed, refuse)
    return Prepared(algorithm, family, trainer, len(dataset.validation), time.perf_counter)
