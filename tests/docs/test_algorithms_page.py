"""docs/algorithms.md lists all algorithms, and its code finds good architectures of a synthetic table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from page_code import page_module, page_text

from econas_jax.algorithms import ALGORITHMS
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.tables import save_table
from econas_jax.tables.synthetic import synthetic_table


def test_every_algorithm_has_its_line() -> None:
    assert re.findall(r"^\| `(\w+)` \|", page_text("algorithms.md").split("## ")[0], re.MULTILINE) == list(ALGORITHMS)


def test_the_search_without_a_folder(tmp_path: Path) -> None:
    table = synthetic_table(NasBench201Space(), epochs=60)
    save_table(tmp_path / "table.npz", table)
    with page_module("algorithms.md", tmp_path) as page:
        found = page.best_of(tmp_path / "table.npz", 0)
        assert found == page.best_of(tmp_path / "table.npz", 0)
    assert np.quantile(table.validation_accuracy[:, -1], 0.95) < found < 1
