"""The programs of a search: kept, and then not traced again; what their steps return is what the method says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import Mesh
from tiny_retrain import SIZE
from tiny_supernet import CONFIG, PROXY, TRAINING, ToySupernet

from econas_jax.supernet import programs
from econas_jax.supernet.config import NetworkConfig
from econas_jax.supernet.method_configs import METHODS, DartsConfig
from econas_jax.supernet.methods.choice import chosen_method
from econas_jax.supernet.methods.darts import Darts
from econas_jax.supernet.methods.method import Phase, Setting, SupernetMethod
from econas_jax.supernet.programs import SupernetPrograms
from econas_jax.supernet.task import Batches, Measures, Moment, SupernetState, SupernetTask
from econas_jax.training.network_step import DATA

TASK = SupernetTask(ToySupernet(1, 3, 2, 3, "float32"), 2, TRAINING, SIZE, (0.5,) * 3, (0.2,) * 3)
SETTING = Setting(PROXY, NetworkConfig(cells=3, nodes=2), TRAINING.batch_size)
SHAPE = (TRAINING.batch_size, SIZE, SIZE, 3)


@dataclasses.dataclass(frozen=True)
class Watched(Darts):
    """DARTS that counts how often its step is traced."""

    traced: list[int] = dataclasses.field(default_factory=list, repr=False)

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        self.traced.append(1)
        return super().step(task, state, batches, moment)


class Misnamed(Darts):
    """DARTS that says something else of its measures than it does."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        (phase,) = super().phases
        return (phase._replace(measures=("train_loss", "train_accuracy", "cost", "entropy")),)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keeps the programs of a toy, too, and compiles none."""
    monkeypatch.setattr(programs, "depends_on_ours", lambda network, *parts: parts)
    monkeypatch.setattr(programs, "compile_lowered", lambda lowered: lowered)
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    yield
    jax.config.update("jax_compilation_cache_dir", before)


def programs_of(method: SupernetMethod) -> SupernetPrograms:
    return SupernetPrograms(TASK, method, Mesh(np.array(jax.devices()[:1]), (DATA,)))


@pytest.mark.parametrize("second_order", [False, True])
def test_a_step_that_is_kept_is_not_traced_again(second_order: bool) -> None:
    config = DartsConfig(second_order=second_order)
    methods = [Watched(config, SETTING) for _ in range(2)]
    for method in methods:
        programs_of(method).step(0, SHAPE, SHAPE)
    assert [len(method.traced) for method in methods] == [1, 0]


@pytest.mark.parametrize("name", ["snas", "gdas", "enas", "one_shot"])
def test_steps_return_the_measures_that_are_announced(name: str) -> None:
    method = chosen_method(dataclasses.replace(CONFIG, method=name, search=METHODS[name]()))
    for number, phase in enumerate(method.phases):
        shapes = [(count, SIZE, SIZE, 3) if count else None for count in (SHAPE[0], phase.reads.architecture)]
        programs_of(method).step(number, *shapes)


def test_measures_under_other_names_than_announced_are_refused() -> None:
    with pytest.raises(TypeError, match="search_step returns .*'train_loss'.* announced"):
        programs_of(Misnamed(DartsConfig(), SETTING)).step(0, SHAPE, SHAPE)
