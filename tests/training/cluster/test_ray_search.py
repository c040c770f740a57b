"""A whole search on a cluster is the one by processes, bit for bit, after kills of all that can be killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ray_search import CONFIG, committed, killed, search
from search_output import assert_same_search

from benchmarks.common.local_cluster import LocalCluster
from econas_jax.search.history import read_stages
from econas_jax.training.trainer_config import TrainerConfig

pytest.importorskip("ray", reason="ray is not installed: pip install 'econas_jax[ray]'")

# The cluster's own start of a node forks this process, which JAX warns of; nothing runs in the fork.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:os.fork", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_search_is_that_by_processes_whatever_is_killed(machines: LocalCluster, tmp_path: Path) -> None:
    """First the command alone, then the command and the whole cluster; a new cluster takes it to its end."""
    ours, others = tmp_path / "cluster", tmp_path / "processes"
    search(others, TrainerConfig(), devices=1)
    before = killed(ours, machines.address, 8)
    between = killed(ours, machines.address, before + 8, before=machines.shutdown)
    machines.start()
    search(ours, machines.config)
    assert before < between < committed(ours)
    assert_same_search(ours, others, CONFIG)
    assert len({stage.proxy for stage in read_stages(ours / "history.jsonl")}) == 2
