"""What a search has left in its folder: read, compared with another search, and checked against itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_network import TinyNetwork
from tiny_search import EPOCHS, Trained, share_trainers

from econas_jax.algorithms import ALGORITHMS, EcoNASConfig
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.search import SearchConfig, SearchResult
from econas_jax.search.history import StageRecord
from econas_jax.search.state import SearchState, from_commit
from econas_jax.search.workdir import Workdir, changeable
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype

FILES = ("history.jsonl", "rounds.jsonl", "result.json")
PHASES = {1: "children", 2: "E to 2E", 3: "2E to 3E"}  # of a round after the first, by the E's a candidate has after it


def without_figures(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Makes searches train TinyNetwork, and draw no figures: those take longer than all the rest."""
    no_figures(monkeypatch)
    return share_trainers(monkeypatch, TinyNetwork)


def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes searches draw no figures."""
    monkeypatch.setattr("econas_jax.search.report.figures.write_search_figures", lambda *arguments: [])


def stop_every(count: int) -> Callable[[], bool]:
    """Asks to stop at each `count`-th question: before compiling, as a phase begins, and after each epoch and stage."""
    questions = iter(range(1, 10_000))
    return lambda: next(questions) % count == 0


def claimed(folder: Path, config: SearchConfig, devices: int = 1) -> Workdir:
    """A folder that a search has claimed, as it does before it trains anything."""
    files = Workdir(folder)
    files.check(config, changeable(config))
    plan = {"stages": config.search.stages, "rounds": config.search.rounds, "devices": devices}
    files.claim(config, {}, {"plan": plan})
    return files


VALIDATION_IMAGES = 30  # of tiny_search's CONFIG


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a .json or .jsonl file, without the seconds that things took."""
    text = path.read_text()
    found = [json.loads(line) for line in (text.splitlines() if path.suffix == ".jsonl" else [text])]
    return [{name: value for name, value in fields.items() if name != "seconds"} for fields in found]


def committed(folder: Path, config: SearchConfig) -> SearchState:
    """What the last commit holds."""
    with Checkpoints(folder / "checkpoints") as checkpoints:
        commit = checkpoints.restore()
    assert commit is not None
    return from_commit(*commit, ALGORITHMS[config.algorithm](config.space, config.search, config.seed))


def commits(folder: Path) -> int:
    """How many commits there have been: they are numbered."""
    return 1 + max(int(path.name.removeprefix("commit_")) for path in (folder / "checkpoints").iterdir())


def assert_same_search(ours: Path, others: Path, config: SearchConfig) -> None:
    """Equal bit for bit, but for the seconds."""
    for name in FILES:
        assert lines(ours / name) == lines(others / name)
    one, other = committed(ours, config), committed(others, config)
    assert one.algorithm == other.algorithm
    assert list(one.living) == list(other.living)
    for candidate, vector in one.living.items():
        assert np.asarray(vector).tobytes() == np.asarray(other.living[candidate]).tobytes()
    assert list(one.kept) == list(other.kept)
    for key, vector in one.kept.items():
        assert np.asarray(vector).tobytes() == np.asarray(other.kept[key]).tobytes()


def econas(config: SearchConfig) -> EcoNASConfig:
    """The constants of a search by EcoNAS."""
    assert isinstance(config.search, EcoNASConfig)
    return config.search


def check_counts(config: SearchConfig, result: SearchResult) -> None:
    """Algorithm 1's numbers of stages in each cycle and of each length, and the words for them."""
    search = econas(config)
    for cycle in range(search.cycles + 1):
        stages = [stage for stage in result.stages if stage.round == cycle]
        first = search.children if cycle else search.initial_population
        later = [2] * search.promotions_to_2e + [3] * search.promotions_to_3e if cycle else []
        lengths = [1] * first + later
        assert [stage.epochs for stage in stages] == [length * EPOCHS for length in lengths]
        assert [stage.start_epoch for stage in stages] == [(length - 1) * EPOCHS for length in lengths]
        words = [PHASES[length] if cycle else "initial population" for length in lengths]
        assert [stage.phase for stage in stages] == words
    assert [summary.round for summary in result.rounds] == list(range(search.cycles + 1))
    born = [stage for stage in result.stages if stage.start_epoch == 0]
    assert sorted(stage.candidate for stage in born) == list(range(len(born)))
    for stage in born:
        if stage.round == 0:
            assert stage.parent is None
        else:
            assert stage.parent is not None and stage.parent < stage.candidate


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
    last = {stage.candidate: stage for stage in stages if stage.round <= cycle}
    alive = [stage for stage in last.values() if cycle - stage.round < econas(config).lifetime]
    completed = [stage for stage in alive if stage.status == "completed"]
    return [[stage for stage in completed if stage.epochs == length * EPOCHS] for length in (1, 2, 3)]


def check_rounds(config: SearchConfig, result: SearchResult) -> None:
    for summary in result.rounds:
        populations = living_at(config, result.stages, summary.round)
        assert [group.name for group in summary.groups] == ["P_E", "P_2E", "P_3E"]
        assert [group.epochs for group in summary.groups] == [EPOCHS, 2 * EPOCHS, 3 * EPOCHS]
        assert [group.size for group in summary.groups] == [len(members) for members in populations]
        for members, group in zip(populations, summary.groups, strict=True):
            accuracies = [stage.validation_accuracy for stage in members if stage.validation_accuracy is not None]
            assert group.mean_accuracy == (pytest.approx(np.mean(accuracies)) if accuracies else None)
        assert summary.best_accuracy == ranked(stage for stage in result.stages if stage.round <= summary.round)[0][1]
    seconds = [summary.seconds for summary in result.rounds]
    assert seconds == sorted(seconds) and seconds[0] > 0


def ranked(stages: Iterable[StageRecord]) -> list[tuple[StageRecord, float]]:
    """The last stages of the candidates that none of them has thrown out, the longest and best trained first."""
    last = {stage.candidate: stage for stage in stages}
    found = [(stage, stage.validation_accuracy) for stage in last.values() if stage.validation_accuracy is not None]
    return sorted(found, key=lambda pair: (-pair[0].epochs, -pair[1], pair[0].candidate))


def check_best(config: SearchConfig, result: SearchResult, written: dict[str, Any]) -> None:
    """The five best of P_3E's history, then those of P_2E's and of P_E's."""
    best = [stage for stage, _ in ranked(result.stages)[:5]]
    assert [member.candidate for member in result.best] == [stage.candidate for stage in best]
    for rank, (entry, stage) in enumerate(zip(written["best"], best, strict=True), start=1):
        assert (entry["rank"], entry["candidate"], entry["epochs"]) == (rank, stage.candidate, stage.epochs)
        assert (entry["parameters"], entry["multiply_adds"]) == (stage.parameters, stage.multiply_adds)
        counted = round((stage.validation_accuracy or 0) * VALIDATION_IMAGES) / VALIDATION_IMAGES
        assert (entry["genotype"], entry["validation_accuracy"]) == (stage.genotype, counted)
    assert written["finished"] and written["rounds"] == econas(config).cycles
    assert written["stages"] == len(result.stages)
    assert written["candidates"] == len({stage.candidate for stage in result.stages})
    assert written["skipped_repeats"] == result.rounds[-1].skipped_repeats
