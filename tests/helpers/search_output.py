"""What a search has left in its folder: read, compared with another search, and checked against itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_search import EPOCHS

from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.search import SearchConfig, SearchResult
from econas_jax.search.history import StageRecord
from econas_jax.search.state import SearchState
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a .json or .jsonl file, without the seconds that things took."""
    text = path.read_text()
    found = [json.loads(line) for line in (text.splitlines() if path.suffix == ".jsonl" else [text])]
    return [{name: value for name, value in fields.items() if name != "seconds"} for fields in found]


def committed(folder: Path, vector_size: int) -> SearchState:
    """What the last commit holds."""
    with Checkpoints(folder / "checkpoints") as checkpoints:
        state = checkpoints.restore(vector_size)
    assert state is not None
    return state


def commits(folder: Path) -> int:
    """How many commits there have been: they are numbered."""
    return 1 + max(int(path.name) for path in (folder / "checkpoints").iterdir())


def assert_same_search(ours: Path, others: Path, vector_size: int) -> None:
    """Equal bit for bit, but for the seconds."""
    for name in ("history.jsonl", "cycles.jsonl", "result.json"):
        assert lines(ours / name) == lines(others / name)
    one, other = committed(ours, vector_size), committed(others, vector_size)
    assert one.algorithm == other.algorithm
    assert list(one.living) == list(other.living)
    for candidate, vector in one.living.items():
        assert np.asarray(vector).tobytes() == np.asarray(other.living[candidate]).tobytes()


def check_counts(config: SearchConfig, result: SearchResult) -> None:
    """Algorithm 1's numbers of stages in each cycle and on each rung."""
    search = config.search
    for cycle in range(search.cycles + 1):
        rungs = [stage.rung for stage in result.stages if stage.cycle == cycle]
        first = search.children if cycle else search.initial_population
        later = [2] * search.promotions_to_2e + [3] * search.promotions_to_3e if cycle else []
        assert rungs == [1] * first + later
    assert [summary.cycle for summary in result.cycles] == list(range(search.cycles + 1))
    assert all(stage.epochs == stage.rung * EPOCHS for stage in result.stages)
    born = [stage for stage in result.stages if stage.rung == 1]
    assert sorted(stage.id for stage in born) == list(range(len(born)))
    for stage in born:
        assert stage.parent is None if stage.cycle == 0 else stage.parent is not None and stage.parent < stage.id


def check_costs(config: SearchConfig, stages: Sequence[StageRecord]) -> None:
    """Those of the proxy's network, on digits."""
    channels, cells, size = config.proxy.channels, config.network.cells_per_stage, config.proxy.resolution
    for stage in stages:
        genotype = Genotype.parse(stage.genotype)
        assert stage.parameters == parameters(genotype, channels=channels, cells_per_stage=cells)
        costs = multiply_adds(genotype, channels=channels, cells_per_stage=cells, resolution=size)
        assert stage.multiply_adds == costs


def living_at(config: SearchConfig, stages: Sequence[StageRecord], cycle: int) -> list[list[StageRecord]]:
    """The last stages of the members of P_E, P_2E and P_3E at the end of a cycle, from the records alone."""
    last = {stage.id: stage for stage in stages if stage.cycle <= cycle}
    alive = [stage for stage in last.values() if cycle - stage.cycle < config.search.lifetime]
    completed = [stage for stage in alive if stage.status == "completed"]
    return [[stage for stage in completed if stage.rung == rung] for rung in (1, 2, 3)]


def check_cycles(config: SearchConfig, result: SearchResult) -> None:
    for summary in result.cycles:
        populations = living_at(config, result.stages, summary.cycle)
        assert summary.sizes == tuple(len(members) for members in populations)
        for members, mean in zip(populations, summary.mean_accuracies, strict=True):
            accuracies = [stage.validation_accuracy for stage in members if stage.validation_accuracy is not None]
            assert mean == (pytest.approx(np.mean(accuracies)) if accuracies else None)
        so_far = [(s.rung, s.validation_accuracy) for s in result.stages if s.cycle <= summary.cycle]
        assert summary.best_accuracy == max(pair for pair in so_far if pair[1] is not None)[1]
    seconds = [summary.seconds for summary in result.cycles]
    assert seconds == sorted(seconds) and seconds[0] > 0


def check_best(config: SearchConfig, result: SearchResult, written: dict[str, Any]) -> None:
    """The five best of P_3E's history, then those of P_2E and of P_E that are alive."""
    finished = [stage for stage in result.stages if stage.rung == 3 and stage.status == "completed"]
    groups = [finished, *living_at(config, result.stages, config.search.cycles)[1::-1]]
    ranked = [stage for group in groups for stage in sorted(group, key=lambda s: (-(s.validation_accuracy or 0), s.id))]
    assert [member.candidate for member in result.best] == [stage.id for stage in ranked[:5]]
    for rank, (entry, stage) in enumerate(zip(written["best"], ranked[:5], strict=True), start=1):
        assert (entry["rank"], entry["candidate"], entry["epochs"]) == (rank, stage.id, stage.epochs)
        assert (entry["parameters"], entry["multiply_adds"]) == (stage.parameters, stage.multiply_adds)
        assert (entry["genotype"], entry["validation_accuracy"]) == (stage.genotype, stage.validation_accuracy)
    assert written["finished"] and written["cycles"] == config.search.cycles
    assert written["stages"] == len(result.stages)
    assert written["candidates"] == len({stage.id for stage in result.stages})
    assert written["skipped_repeats"] == result.cycles[-1].skipped_repeats
