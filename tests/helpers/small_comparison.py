"""A comparison on a small synthetic table, for tests."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from small_configs import SMALL_CONFIGS

from econas_jax.compare.config import CompareConfig, ContenderConfig
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.tables import save_table
from econas_jax.tables.synthetic import synthetic_table

SPACE = NasBench201Space(operations=("none", "skip_connect", "nor_conv_3x3"))  # 729 genotypes
EPOCHS = 30


def write_table(file: Path) -> Path:
    """A synthetic table in which every ninth architecture diverges from the third epoch on."""
    table = synthetic_table(SPACE, EPOCHS)
    accuracies = table.validation_accuracy.copy()
    accuracies[::9, 2:] = np.nan
    save_table(file, dataclasses.replace(table, validation_accuracy=accuracies))
    return file


def contenders(*algorithms: str) -> dict[str, ContenderConfig]:
    """The algorithms with small configs, by their names."""
    return {name: ContenderConfig(name, SMALL_CONFIGS[name][0]) for name in algorithms}


def comparison(table: Path | None, *algorithms: str, **fields: Any) -> CompareConfig:
    """A comparison of the algorithms, econas and random unless others are named."""
    usual: dict[str, Any] = {"seeds": 4, "budgets": (40, 90), "space": SPACE, "table": table and str(table)}
    return CompareConfig(contenders=contenders(*(algorithms or ("econas", "random"))), **usual | fields)
