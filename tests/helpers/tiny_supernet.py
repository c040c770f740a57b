"""A search inside a supernet in seconds, for tests: a network that compiles soon, and what is read of a folder."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny_retrain import SIZE

from econas_jax.data.config import Augmentation
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.nn.darts.supernet.places import edges_of_inputs
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet import SupernetConfig, loop, trainer
from econas_jax.supernet.config import NetworkConfig, TrainingConfig

EPOCHS, STEPS = 3, 2  # of an epoch: 11 of 22 images are for the weights
PROXY = Proxy(channels=1, resolution=SIZE, sample_ratio=1.0, epochs=EPOCHS)
TRAINING = TrainingConfig(batch_size=4, short_batch=False, learning_rate=0.1, augmentation=Augmentation(1, True))
CONFIG = SupernetConfig(
    proxy=PROXY,
    network=NetworkConfig(cells=3, nodes=2),
    training=TRAINING,
    tensorboard=False,
)


CONVOLUTIONS = SEARCH_OPERATIONS[4:]


@dataclasses.dataclass(frozen=True)
class ToySupernet:
    """Every operation of every edge is a linear layer on the pixels, and the logits are their weighted sum.

    Its parameters are named as the real network's, of which it has one cell of each kind: convolutions have a leaf with
    a row for each edge, and so have, in the reduction cell, the skips of edges from inputs. All else is the same for
    all edges and not learnt.
    """

    channels: int
    cells: int
    nodes: int
    classes: int
    compute_dtype: str

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        images, edges = arguments
        shape = (len(edges.normal), images[0].size, self.classes)
        keys = iter(jax.random.split(rngs, 9))
        cells: Any = [
            {name: {"kernel": jax.random.normal(next(keys), shape) / 30} for name in CONVOLUTIONS} for _ in range(2)
        ]
        skips = (2 * self.nodes, *shape[1:])
        cells[1]["skip_connect"] = {"kernel": jax.random.normal(next(keys), skips) / 30}
        return {
            "params": {"cell0": cells[0], "cell1": cells[1], "stem": {"bias": jnp.zeros(self.classes)}},
            "batch_stats": {"mean": jnp.zeros(images[0].size)},
        }

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        images, edges = arguments
        flat = images.reshape(len(images), -1)
        running, params = variables["batch_stats"]["mean"], variables["params"]
        mean = jnp.mean(flat, axis=0) if train else running
        fixed = jnp.sin(jnp.arange(flat.shape[1] * self.classes)).reshape(-1, self.classes) / 30
        kernel = jnp.zeros_like(fixed)
        for cell, table in zip(("cell0", "cell1"), edges, strict=True):
            for place, name in enumerate(SEARCH_OPERATIONS):
                rows = jnp.array(edges_of_inputs(self.nodes)) if name == "skip_connect" else jnp.arange(len(table))
                column = table[:, place]
                if name in params[cell]:
                    kernel += jnp.einsum("e,epc->pc", column[rows], params[cell][name]["kernel"])
                else:
                    kernel += jnp.sum(column) * jnp.roll(fixed, place, axis=0)
        logits = (flat - mean[None]) @ kernel + params["stem"]["bias"][None]
        return (logits, {"batch_stats": {"mean": running + 0.1 * (mean - running)}}) if mutable else logits


_shared_trainer = functools.cache(trainer.SupernetTrainer)


def share_trainers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes all searches of equal tasks use one trainer: it keeps programs, and nothing of what it has trained."""
    monkeypatch.setattr(loop, "SupernetTrainer", _shared_trainer)


def use_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a search use toys, and draw no figures; it is asked to stop only after steps."""

    def compiled(makers: Mapping[Any, Callable[[], Any]], check: Callable[[], None]) -> dict[Any, Any]:
        return {key: make() for key, make in makers.items()}

    monkeypatch.setattr(loop, "CellSupernet", ToySupernet)
    monkeypatch.setattr(trainer, "compiled_beside", compiled)
    monkeypatch.setattr("econas_jax.supernet.report.page.write_supernet_report", lambda workdir: workdir)
    share_trainers(monkeypatch)


def toy_edges(value: float = 0.1) -> EdgeWeights:
    """Returns equal weights for the edges of cells of two nodes."""
    return EdgeWeights(*(jnp.full((5, 8), value) for _ in range(2)))


def committed(folder: Path) -> tuple[dict[str, Any], np.ndarray]:
    """The place and the state that were committed last."""
    with Checkpoints(folder / "checkpoints") as checkpoints:
        commit = checkpoints.restore()
    assert commit is not None
    return dict(commit[0]), commit[1]["state"]


def history(folder: Path) -> list[dict[str, Any]]:
    """The lines of a search's history, without the seconds."""
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def assert_same_search(ours: Path, others: Path) -> None:
    """Equal bit for bit, but for the seconds."""
    assert history(ours) == history(others)
    (place, state), (other_place, other_state) = committed(ours), committed(others)
    assert place["epoch"] == other_place["epoch"]
    assert state.tobytes() == other_state.tobytes()
    results = [json.loads((folder / "result.json").read_text()) | {"seconds": 0} for folder in (ours, others)]
    assert results[0] == results[1]
