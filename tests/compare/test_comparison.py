"""Whole comparisons on a synthetic table: against the searches themselves, stopped and continued, made longer."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from search_output import stop_every
from small_comparison import SPACE, comparison, contenders, write_table

from econas_jax.algorithms import ALGORITHMS
from econas_jax.compare import ComparisonInterruptedError, run_comparison
from econas_jax.compare.config import CompareConfig, RetrainingConfig
from econas_jax.compare.run_file import RunFile
from econas_jax.compare.run_record import RunRecord
from econas_jax.errors import InputError
from econas_jax.search import run_search
from econas_jax.search.in_memory import search_in_memory
from econas_jax.search.table_preparation import algorithm_on_table, family_of_table
from econas_jax.tables import TabularEvaluator, load_table
from econas_jax.tables.rows import Rows


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("table") / "table.npz")


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Leaves out the figures and the page, which take longer than all the rest, but where a test is about them."""
    if "files" not in request.node.name:
        monkeypatch.setattr("econas_jax.compare.runner.write_results", lambda *arguments: None)


def records(folder: Path) -> dict[tuple[str, int], RunRecord]:
    return RunFile(folder / "runs.jsonl").read()


def test_every_algorithm_is_read_where_its_history_says(table: Path, tmp_path: Path) -> None:
    config = comparison(table, *ALGORITHMS, seeds=2)
    analysis = run_comparison(config, tmp_path)
    assert (analysis.runs, analysis.asked, analysis.measure) == (16, 16, "test_accuracy")
    known, rows = load_table(table), Rows(SPACE)
    for (name, seed), record in records(tmp_path).items():
        assert record.epochs >= 90 and not record.exhausted
        search = config.search(name, seed)
        # The config's own length is shorter than the budget: the same search, and it begins alike.
        family = family_of_table(search, known)
        stages = search_in_memory(algorithm_on_table(search, family), family, TabularEvaluator(known)).stages
        spent, last = 0, {}
        for stage in stages:
            spent += stage.epochs - stage.start_epoch
            if spent > 25:
                break
            last[stage.candidate] = stage
        done = [each for each in last.values() if each.validation_accuracy is not None]
        best = max(done, key=lambda each: (each.epochs, each.validation_accuracy or 0, -each.candidate))
        assert record.validation_accuracy(25, "epochs") == best.validation_accuracy
        point = record.point(25, "epochs")
        assert point is not None and point.candidates[0] == best.candidate
        places = [rows.of(SPACE.parse(record.genotypes[candidate])) for candidate in point.candidates]
        final = known.validation_accuracy[places, -1]
        answer = known.test_accuracy[places[int(np.nanargmax(final))]] if not np.isnan(final).all() else None
        assert record.test_accuracy(25, "epochs") == answer


def test_a_search_with_a_folder_gives_the_same(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("econas_jax.search.report.figures.write_search_figures", lambda *arguments: [])
    config = comparison(table, seeds=1)
    run_comparison(config, tmp_path / "comparison")
    result = run_search(config.search("random", 0), tmp_path / "search")
    assert sum(stage.epochs - stage.start_epoch for stage in result.stages) < 90
    point = records(tmp_path / "comparison")["random", 0].point(72, "epochs")
    assert point is not None and point.validation_accuracy == result.best[0].accuracy
    assert point.candidates[0] == result.best[0].candidate


def test_stopped_and_continued_or_in_processes_it_is_the_same(table: Path, tmp_path: Path) -> None:
    config = comparison(table)
    undisturbed = run_comparison(config, tmp_path / "undisturbed")
    stops = 0
    while True:
        try:
            stopped = run_comparison(config, tmp_path / "stopped", should_stop=stop_every(3))
            break
        except ComparisonInterruptedError:
            stops += 1
            with (tmp_path / "stopped" / "runs.jsonl").open("a") as file:
                file.write('{"contender": "econas", "se')  # a line torn by a crash
    assert stops == 2
    assert stopped == undisturbed
    assert (tmp_path / "stopped" / "runs.jsonl").read_text() == (tmp_path / "undisturbed" / "runs.jsonl").read_text()
    parallel = run_comparison(dataclasses.replace(config, processes=2), tmp_path / "parallel")
    assert parallel == undisturbed and records(tmp_path / "parallel") == records(tmp_path / "undisturbed")


def test_finished_runs_are_not_repeated_and_may_be_added_to(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = comparison(table)
    run_comparison(config, tmp_path)
    text = (tmp_path / "runs.jsonl").read_text()
    smaller = dataclasses.replace(config, budgets=(50,), seeds=2, baseline="econas", unit="seconds")
    assert run_comparison(smaller, tmp_path).runs == 4
    assert (tmp_path / "runs.jsonl").read_text() == text
    more = dataclasses.replace(config, seeds=5, contenders=config.contenders | contenders("asha"))
    assert run_comparison(more, tmp_path).runs == 15
    assert (tmp_path / "runs.jsonl").read_text().startswith(text)
    longer = dataclasses.replace(more, budgets=(120,))
    before = records(tmp_path)["random", 0].trace
    assert run_comparison(longer, tmp_path).runs == 15
    assert records(tmp_path)["random", 0].epochs >= 120
    assert records(tmp_path)["random", 0].trace[: len(before)] == before


def test_a_changed_contender_is_another_comparison(table: Path, tmp_path: Path) -> None:
    config = comparison(table)
    run_comparison(config, tmp_path)
    random = config.contenders["random"]
    other = dataclasses.replace(random, search=dataclasses.replace(random.search, batch=4))
    for changed in (
        dataclasses.replace(config, contenders={**config.contenders, "random": other}),
        dataclasses.replace(config, retraining=RetrainingConfig(best=3)),
    ):
        with pytest.raises(InputError, match="the config it was made with"):
            run_comparison(changed, tmp_path)


def test_a_used_up_space_ends_a_run_and_is_told(tmp_path: Path, table: Path) -> None:
    config = comparison(table, seeds=1, budgets=(1e6,))
    assert run_comparison(config, tmp_path).exhausted == ("random", "econas")[::-1]
    assert all(record.exhausted for record in records(tmp_path).values())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"budgets": (5,)}, "budgets = 5: expected at least 10, the epochs of the first candidate of econas"),
        ({"budgets": ()}, "budgets"),
        ({"budgets": (0,)}, "budgets"),
        ({"baseline": "asha"}, "baseline = 'asha': expected one of econas, random"),
        ({"seeds": 0}, "seeds"),
        ({"unit": "hours"}, "unit"),
        ({"contenders": contenders("random"), "baseline": "random"}, "contenders"),
        ({"contenders": {"a/b": contenders("random")["random"], "random": contenders("random")["random"]}}, "contend"),
        ({"retraining": RetrainingConfig(config="retrain_digits")}, "retraining.config"),
    ],
)
def test_mistakes(fields: dict[str, object], message: str, table: Path, tmp_path: Path) -> None:
    usual = {name: getattr(comparison(table), name) for name in ("seeds", "budgets", "space", "table", "contenders")}
    with pytest.raises(InputError, match=message):
        run_comparison(CompareConfig(**usual | fields), tmp_path / "comparison")
    assert not (tmp_path / "comparison").exists()


def test_what_does_not_fit_the_table_is_told_before_the_folder_is_claimed(table: Path, tmp_path: Path) -> None:
    long = dataclasses.replace(contenders("random")["random"].search, epochs=31)
    long_contender = dataclasses.replace(contenders("random")["random"], search=long)
    config = comparison(table)
    for changed, message in (
        (
            dataclasses.replace(config, contenders={**config.contenders, "random": long_contender}),
            "contenders.random.*at most 30",
        ),
        (dataclasses.replace(config, table=str(tmp_path / "none.npz")), "npz"),
    ):
        with pytest.raises(InputError, match=message):
            run_comparison(changed, tmp_path / "comparison")
        assert not (tmp_path / "comparison").exists()


def test_the_files_tell_the_findings(table: Path, tmp_path: Path) -> None:
    config = comparison(table, seeds=3, retraining=RetrainingConfig(best=2, cost=5))
    analysis = run_comparison(config, tmp_path)
    assert analysis.charge == 10
    with (tmp_path / "comparison.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(analysis.findings) == 2 * 2 * 2 * 2  # contenders, budgets, measures, free and paid
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["finished"] and result["runs"] == 6
    known = load_table(table)
    assert result["best_test_accuracy_of_the_table"] == np.nanmax(known.test_accuracy)
    for row, finding in zip(rows, analysis.findings, strict=True):
        assert (row["contender"], float(row["mean"])) == (finding.contender, finding.value.mean)
        if finding.measure == "test_accuracy":
            assert float(row["regret"]) == pytest.approx(np.nanmax(known.test_accuracy) - finding.value.mean)
    page = (tmp_path / "report.html").read_text()
    assert "no difference is shown" in page and "Retraining paid" in page
    for name in ("curves", "differences"):
        assert (tmp_path / "figures" / f"{name}.svg").exists() and (tmp_path / "figures" / f"{name}.png").exists()
