"""What a search on a table needs before its first stage: no data is loaded, and JAX is not started."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from econas_jax.algorithms import ALGORITHMS
from econas_jax.algorithms.algorithm import Algorithm
from econas_jax.errors import require
from econas_jax.nn.network import Cost
from econas_jax.search.admission import check_limits, refusing
from econas_jax.search.config import SearchConfig
from econas_jax.search.ladder import Ladder, Setting
from econas_jax.search.prepared import Prepared
from econas_jax.search.workdir import Workdir
from econas_jax.spaces.nasbench201 import Genotype, multiply_adds, parameters
from econas_jax.tables.evaluator import TabularEvaluator
from econas_jax.tables.family import TableFamily
from econas_jax.tables.table import Table, fingerprint, load_table

CLASSES = 10  # of the classifier, where the costs are counted: a table does not say


def prepare_on_table(config: SearchConfig, path: Path, files: Workdir) -> Prepared:
    """Loads the table, checks the config against it, and claims the folder; raises InputError where they do not fit.

    `devices` times `lanes` workers are simulated, one unless they are given; the search's seconds are theirs.
    """
    table = load_table(path)
    family = family_of_table(config, table)
    workers = (config.devices or 1) * config.lanes
    plan = {"stages": config.search.stages, "rounds": config.search.rounds, "devices": workers}
    files.claim(config, {"table": fingerprint(path)}, {"plan": plan})
    evaluator = TabularEvaluator(table, workers)
    ladder = Ladder(config.rungs, [Setting(family)])
    return Prepared(algorithm_on_table(config, family), ladder, evaluator, None, evaluator.now)


def family_of_table(config: SearchConfig, table: Table) -> TableFamily:
    """Returns the architectures of a table; raises InputError where the config does not fit it."""
    family = TableFamily(config.space, table, counted_cost(config))
    longest = config.search.total_epochs
    allowed = f"at most {table.epochs}, the epochs that {config.table} tells of"
    require(longest <= table.epochs, "search's longest training, in epochs", longest, allowed)
    check_limits(config.space, config.search, family.cost, config.seed)
    return family


def algorithm_on_table(config: SearchConfig, family: TableFamily) -> Algorithm[Any]:
    """Returns the config's algorithm, which never asks for what the config's limits exclude."""
    refuse = refusing(config.space, config.search, config.network.cells_per_stage, family.cost)
    return ALGORITHMS[config.algorithm](config.space, config.search, config.seed, refuse)


def counted_cost(config: SearchConfig) -> functools._lru_cache_wrapper[Cost]:
    """Returns what counts a genotype's cost in the config's setting, for tables without numbers of their own."""
    shape = {
        "channels": config.proxy.channels,
        "cells_per_stage": config.network.cells_per_stage,
        "num_classes": CLASSES,
    }

    @functools.cache
    def cost(genotype: Genotype) -> Cost:
        additions = multiply_adds(genotype, resolution=config.proxy.resolution, **shape)
        return Cost(parameters(genotype, **shape), additions)

    return cost
