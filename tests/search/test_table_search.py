"""Searches on a table: by every algorithm, with a folder and without, stopped and continued."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from search_output import lines, no_figures, stop_every
from small_configs import SMALL_CONFIGS

from econas_jax.algorithms import ALGORITHMS, RegularizedEvolutionConfig
from econas_jax.errors import InputError
from econas_jax.search import SearchConfig, SearchInterruptedError, run_search
from econas_jax.search.admission import refusing
from econas_jax.search.candidate import load_candidate
from econas_jax.search.in_memory import search_in_memory
from econas_jax.search.table_preparation import counted_cost
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.nasbench201 import NasBench201Space, parameters
from econas_jax.status import read_status
from econas_jax.tables import TabularEvaluator, load_table, save_table
from econas_jax.tables.family import TableFamily
from econas_jax.tables.rows import Rows
from econas_jax.tables.synthetic import synthetic_table

SPACE = NasBench201Space(operations=("none", "skip_connect", "nor_conv_3x3"))  # 729 genotypes
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@pytest.fixture(scope="module")
def table_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic table in which every ninth architecture diverges from the third epoch on."""
    table = synthetic_table(SPACE, epochs=30)
    accuracies = table.validation_accuracy.copy()
    accuracies[::9, 2:] = np.nan
    file = tmp_path_factory.mktemp("table") / "table.npz"
    save_table(file, dataclasses.replace(table, validation_accuracy=accuracies))
    return file


def config_of(algorithm: str, table: Path, **fields: Any) -> SearchConfig:
    search = SMALL_CONFIGS[algorithm][0]
    return SearchConfig(algorithm=algorithm, search=search, space=SPACE, table=str(table), tensorboard=False, **fields)


@each_algorithm
def test_a_search_is_the_same_with_a_folder_and_without_for_any_workers(
    algorithm: str, table_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_figures(monkeypatch)
    config = config_of(algorithm, table_file)
    result = run_search(config, tmp_path / "one")
    table = load_table(table_file)
    rows = Rows(SPACE)
    for stage in result.stages:
        accuracy = table.validation_accuracy[rows.of(SPACE.parse(stage.genotype)), stage.epochs - 1]
        assert stage.validation_accuracy == (None if np.isnan(accuracy) else accuracy)
        assert stage.status == ("diverged" if np.isnan(accuracy) else "completed")
    assert result.rounds[-1].seconds == pytest.approx(sum(stage.seconds for stage in result.stages), abs=0.1)
    three = run_search(dataclasses.replace(config, devices=3), tmp_path / "three")
    assert lines(tmp_path / "one" / "result.json") == lines(tmp_path / "three" / "result.json")
    assert lines(tmp_path / "one" / "rounds.jsonl") == lines(tmp_path / "three" / "rounds.jsonl")
    assert three.rounds[-1].seconds < result.rounds[-1].seconds

    family = TableFamily(SPACE, table, counted_cost(config))
    refuse = refusing(SPACE, config.search, config.network.cells_per_stage, family.cost)
    searcher = ALGORITHMS[algorithm](SPACE, config.search, config.seed, refuse)
    found = search_in_memory(searcher, family, TabularEvaluator(table))
    assert found.best == result.best
    assert sorted(found.stages, key=key) == sorted(result.stages, key=key)
    assert found.rounds == result.rounds


def key(stage: Any) -> tuple[int, int]:
    return stage.candidate, stage.epochs


@each_algorithm
def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    algorithm: str, table_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_figures(monkeypatch)
    config = config_of(algorithm, table_file, devices=2)
    run_search(config, tmp_path / "undisturbed")
    stopped = 0
    while True:
        try:
            run_search(config, tmp_path / "stopped", should_stop=stop_every(9))
        except SearchInterruptedError:
            stopped += 1
            assert not read_status(tmp_path / "stopped").finished
        else:
            break
    assert stopped >= 1
    for name in ("history.jsonl", "rounds.jsonl", "result.json"):
        assert lines(tmp_path / "stopped" / name) == lines(tmp_path / "undisturbed" / name)


def test_what_does_not_fit_is_told_before_the_folder_is_claimed(table_file: Path, tmp_path: Path) -> None:
    good = config_of("random", table_file)
    longer = dataclasses.replace(good.search, epochs=31)
    for config, message in (
        (dataclasses.replace(good, search=longer), "longest training, in epochs = 31: expected at most 30"),
        (dataclasses.replace(good, space=NasBench201Space()), "table.operations"),
        (dataclasses.replace(good, space=DartsSpace()), "table.*darts.*nasbench201"),
        (dataclasses.replace(good, table=str(tmp_path / "none.npz")), "npz file of a table"),
    ):
        with pytest.raises(InputError, match=message):
            run_search(config, tmp_path / "search")
        assert not (tmp_path / "search").exists()


def test_a_folder_belongs_to_its_table(table_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    config = config_of("random", table_file)
    run_search(config, tmp_path / "search")
    copy = tmp_path / "copy.npz"
    copy.write_bytes(table_file.read_bytes())
    run_search(dataclasses.replace(config, table=str(copy)), tmp_path / "search")
    save_table(copy, synthetic_table(SPACE, epochs=30, seed=5))
    with pytest.raises(InputError, match="made with"):
        run_search(dataclasses.replace(config, table=str(copy)), tmp_path / "search")
    with pytest.raises(InputError):
        run_search(dataclasses.replace(config, table=None), tmp_path / "search")


def test_it_has_no_candidate_to_load(table_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    run_search(config_of("random", table_file), tmp_path)
    with pytest.raises(InputError, match="not one on a table"):
        load_candidate(tmp_path)


def test_costs_are_the_tables_or_counted(table_file: Path) -> None:
    table = load_table(table_file)
    genotype = SPACE.sample(np.random.default_rng(0))
    config = config_of("random", table_file)
    assert table.parameters is not None
    family = TableFamily(SPACE, table, counted_cost(config))
    assert family.test_accuracy(genotype) == table.test_accuracy[Rows(SPACE).of(genotype)]
    of_table = family.cost(genotype)
    assert of_table.parameters == table.parameters[Rows(SPACE).of(genotype)]
    without = dataclasses.replace(table, parameters=None, multiply_adds=None)
    counted = TableFamily(SPACE, without, counted_cost(config)).cost(genotype)
    setting = {"channels": config.proxy.channels, "cells_per_stage": config.network.cells_per_stage}
    assert counted.parameters == parameters(genotype, **setting)


def test_evolution_beats_the_average_and_keeps_limits(table_file: Path) -> None:
    table = load_table(table_file)
    assert table.parameters is not None
    limit = int(np.quantile(table.parameters, 0.6))
    search = RegularizedEvolutionConfig(
        population=10, sample=5, candidates=120, batch=5, epochs=30, skip_repeats=True, max_parameters=limit
    )
    config = dataclasses.replace(config_of("regularized_evolution", table_file), search=search)
    family = TableFamily(SPACE, table, counted_cost(config))
    algorithm = ALGORITHMS["regularized_evolution"](SPACE, search, 0, refusing(SPACE, search, 1, family.cost))
    found = search_in_memory(algorithm, family, TabularEvaluator(table))
    assert all(stage.parameters <= limit for stage in found.stages)
    assert found.rounds[-1].skipped_too_large > 0 and found.rounds[-1].skipped_blind > 0
    assert found.best[0].accuracy > np.nanquantile(table.validation_accuracy[table.parameters <= limit, -1], 0.9)
