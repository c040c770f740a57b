"""Whole searches: what they leave behind, candidates that diverge, and what is refused before any training."""

from __future__ import annotations

import dataclasses
import functools
import html
import io
import itertools
import json
import traceback
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from search_output import (
    FILES,
    assert_same_search,
    check_best,
    check_costs,
    check_counts,
    check_rounds,
    committed,
    no_figures,
    without_figures,
)
from tiny_network import TinyNetwork
from tiny_search import CONFIG, EPOCHS, LONGER, Trained, dataset, fail_waves, search_trainer, share_trainers

from econas_jax.algorithms import EcoNASState
from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.search import Reporter, SearchConfig, loop, run_search
from econas_jax.search.history import read_rounds, read_stages
from econas_jax.search.state import SearchState, to_commit
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training import Job
from econas_jax.training.job import outcomes


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


def test_a_search_on_real_networks_leaves_consistent_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share_trainers(monkeypatch)
    result = run_search(CONFIG, tmp_path)
    expected = {*FILES, "config.json", "times.json", "report.html", "checkpoints", "figures", "tensorboard", ".lock"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    names = ["groups", "accuracy_against_cost", *[f"best_cell_{rank}" for rank in range(1, 6)]]
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("png", "svg")
    }
    assert all(path.stat().st_size > 1000 for path in (tmp_path / "figures").iterdir())
    report = html.unescape((tmp_path / "report.html").read_text())
    assert str(result.best[0].genotype) in report
    assert report.count("data:image/png") == len(names)
    assert tuple(read_stages(tmp_path / "history.jsonl")) == result.stages
    assert tuple(read_rounds(tmp_path / "rounds.jsonl")) == result.rounds
    assert (result.workdir, result.space) == (tmp_path, CONFIG.space)
    plan = {"stages": 22, "rounds": 3, "devices": 4}
    assert json.loads((tmp_path / "config.json").read_text())["plan"] == plan
    check_counts(CONFIG, result)
    check_costs(CONFIG, result.stages)
    check_rounds(CONFIG, result)
    check_best(CONFIG, result, json.loads((tmp_path / "result.json").read_text()))


def test_stages_are_what_a_trainer_gives_for_the_searchs_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which `tiny_search` puts together on its own: the data, the subset, the proxy, one cosine over 3E epochs."""
    share_trainers(monkeypatch)
    first = run_search(CONFIG, tmp_path).stages[:4]
    jobs = [Job(stage.candidate, Genotype.parse(stage.genotype).encode(), 0, EPOCHS) for stage in first]
    for stage, outcome in zip(first, outcomes(search_trainer(4).train(deque(jobs))), strict=True):
        assert (stage.train_loss, stage.train_accuracy) == (outcome.train_loss, outcome.train_accuracy)
        assert (stage.validation_loss, stage.validation_accuracy) == (
            outcome.validation_loss,
            outcome.validation_accuracy,
        )


def test_a_search_stays_in_the_space_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    networks: list[TinyNetwork] = []

    def network(*arguments: Any, **options: Any) -> TinyNetwork:
        networks.append(TinyNetwork(*arguments, **options))
        return networks[-1]

    share_trainers(monkeypatch, network)
    space = DartsSpace(nodes=3, operations=("sep_conv_3x3", "skip_connect"), concat="all")
    result = run_search(dataclasses.replace(CONFIG, space=space), tmp_path)
    for stage in result.stages:
        space.check(Genotype.parse(stage.genotype))
    only = TinyNetwork(CONFIG.proxy.channels, CONFIG.network.cells_per_stage, num_classes=10, nodes=3)
    assert networks and set(networks) == {only}


def test_a_longer_search_with_deaths_is_consistent_too(trained: Trained, tmp_path: Path) -> None:
    result = run_search(LONGER, tmp_path)
    check_counts(LONGER, result)
    check_costs(LONGER, result.stages)
    check_rounds(LONGER, result)
    check_best(LONGER, result, json.loads((tmp_path / "result.json").read_text()))


def test_each_phase_trains_the_costliest_candidates_first(trained: Trained, tmp_path: Path) -> None:
    """So that those of a wave cost about the same; on any number of devices in one order."""
    stages = run_search(LONGER, tmp_path / "four").stages
    phases = [list(phase) for _, phase in itertools.groupby(stages, key=lambda stage: (stage.round, stage.phase))]
    assert len(phases) == 1 + 3 * 5
    for phase in phases:
        costs = [stage.multiply_adds for stage in phase]
        assert costs == sorted(costs, reverse=True)
    assert any([stage.candidate for stage in phase] != sorted(stage.candidate for stage in phase) for phase in phases)
    on_two = run_search(dataclasses.replace(LONGER, devices=2), tmp_path / "two").stages
    assert [(stage.candidate, stage.epochs) for stage in on_two] == [
        (stage.candidate, stage.epochs) for stage in stages
    ]


def test_living_states_are_those_of_promotable_candidates_and_as_they_were_trained(
    trained: Trained, tmp_path: Path
) -> None:
    run_search(LONGER, tmp_path)
    state = committed(tmp_path, LONGER)
    assert isinstance(state.algorithm, EcoNASState)
    first, second, third = state.algorithm.populations
    assert set(state.living) == {member.candidate for member in first + second}
    assert first and second and third and len(state.living) < state.algorithm.next_candidate
    assert len({np.asarray(vector).tobytes() for vector in state.living.values()}) == len(state.living)


def test_candidates_go_on_from_their_own_states(trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path)
    assert len(trained.jobs) == 6 + 5 * (5 + 3 + 2)
    spans = {(job.start_epoch, job.end_epoch, job.state is None) for job in trained.jobs}
    assert spans == {(0, 2, True), (2, 4, False), (4, 6, False)}
    promoted = [job for job in trained.jobs if job.state is not None]
    assert len({np.asarray(job.state).tobytes() for job in promoted}) == len(promoted)


# Divergence.


def test_diverged_candidates_are_recorded_and_never_parents_promoted_or_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some genotypes diverge at once, others in their second stage, of 6 steps."""
    no_figures(monkeypatch)
    share_trainers(monkeypatch, functools.partial(TinyNetwork, failing=True, healthy_steps=8))
    config = dataclasses.replace(LONGER, seed=3)
    result = run_search(config, tmp_path)
    diverged = {stage.candidate: stage for stage in result.stages if stage.status == "diverged"}
    assert {stage.epochs for stage in diverged.values()} == {EPOCHS, 2 * EPOCHS}
    assert json.loads((tmp_path / "result.json").read_text())["diverged"] == len(diverged)
    for stage in diverged.values():
        assert (stage.train_loss, stage.train_accuracy) == (None, None)
        assert (stage.validation_loss, stage.validation_accuracy) == (None, None)
        assert stage.reason == "a loss that is not finite"
        after = result.stages[result.stages.index(stage) + 1 :]
        # A child's parent is drawn when its cycle begins: parents that diverge later in it are none of the future's.
        assert not [later for later in after if later.candidate == stage.candidate]
        assert not [later for later in after if later.parent == stage.candidate and later.round > stage.round]
    assert not {member.candidate for member in result.best} & set(diverged)
    assert not set(committed(tmp_path, config).living) & set(diverged)
    check_rounds(config, result)
    check_best(config, result, json.loads((tmp_path / "result.json").read_text()))


def test_a_search_in_which_everything_diverges_ends_with_an_empty_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_trainers(monkeypatch, TinyNetwork)
    training = dataclasses.replace(LONGER.training, learning_rate=1e38)
    config = dataclasses.replace(LONGER, training=training, failures_in_a_row=1000)
    result = run_search(config, tmp_path)
    assert result.best == ()
    assert [stage.status for stage in result.stages] == ["diverged"] * (6 + 5 * 5)
    assert {stage.parent for stage in result.stages} == {None}
    sizes = {tuple((group.size, group.mean_accuracy) for group in summary.groups) for summary in result.rounds}
    assert sizes == {((0, None),) * 3}
    assert {summary.best_accuracy for summary in result.rounds} == {None}
    assert committed(tmp_path, config).living == {}
    assert json.loads((tmp_path / "result.json").read_text())["best"] == []
    assert (tmp_path / "figures" / "groups.png").exists()
    assert run_search(config, tmp_path) == result


# Training that raises an exception.


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("no\ngood"), "failed"), (RuntimeError("RESOURCE_EXHAUSTED: 8 bytes"), "out_of_memory")],
)
def test_candidates_that_fail_are_recorded_and_the_others_are_as_they_would_be_alone(
    error: Exception, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {1, 7}
    without_figures(monkeypatch)
    fail_waves(monkeypatch, broken, error)
    result = run_search(LONGER, tmp_path / "four")
    stages = [stage for stage in result.stages if stage.status != "completed"]
    last_line = str(traceback.format_exception_only(error)[-1]).splitlines()[-1]
    assert {stage.candidate: (stage.status, stage.reason) for stage in stages} == dict.fromkeys(
        broken, (status, last_line)
    )
    assert len(stages) == len(broken) and {stage.validation_accuracy for stage in stages} == {None}
    assert not {stage.parent for stage in result.stages if stage.round > 1} & broken
    assert json.loads((tmp_path / "four" / "result.json").read_text())["failed"] == len(broken)
    kept = {path.name: path.read_text() for path in (tmp_path / "four" / "failures").iterdir()}
    assert kept.keys() == {"candidate_1_epochs_2.txt", "candidate_7_epochs_2.txt"}
    assert all(text.startswith("Traceback") and last_line in text for text in kept.values())
    check_rounds(LONGER, result)
    run_search(dataclasses.replace(LONGER, devices=1), tmp_path / "one")
    assert_same_search(tmp_path / "four", tmp_path / "one", LONGER)


@pytest.mark.parametrize("devices", [1, 4])
def test_a_search_whose_candidates_all_fail_stops_at_the_same_stage_and_can_be_gone_on_with(
    devices: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(LONGER, failures_in_a_row=3, devices=devices)
    without_figures(monkeypatch)
    with monkeypatch.context() as broken:
        fail_waves(broken, set(range(1, 1000)), OSError(5, "the device is gone"))
        expected = r"^3 stages in a row have failed \(failures_in_a_row\), the last: OSError.*the device is gone$"
        with pytest.raises(SearchError, match=expected):
            run_search(config, tmp_path)
    statuses = [stage.status for stage in read_stages(tmp_path / "history.jsonl")]
    assert statuses == ["completed", "failed", "failed", "failed"]
    result = run_search(config, tmp_path)
    assert [stage.status for stage in result.stages].count("failed") == 3


# Disks.


def test_a_budget_is_kept_and_raised_to_go_on(trained: Trained, tmp_path: Path) -> None:
    config = dataclasses.replace(LONGER, save_seconds=0.0)
    with pytest.raises(SearchError, match="more than disk_gib = 0.0002; .*: raise disk_gib to go on$"):
        run_search(dataclasses.replace(config, disk_gib=0.0002), tmp_path)
    committed_stages = len(read_stages(tmp_path / "history.jsonl"))
    assert 0 < committed_stages == len(committed(tmp_path, config).stages)
    assert disk.folder_size(tmp_path) <= 0.0002 * disk.GIB
    run_search(config, tmp_path)
    run_search(config, tmp_path / "straight")
    assert_same_search(tmp_path, tmp_path / "straight", config)


def test_a_disk_that_is_full_for_the_readable_files_only_loses_nothing(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        trained.after_stage = lambda: full.setattr(Path, "replace", no_space)
        with pytest.raises(SearchError, match=r"cannot be written \(No space left on device\); what was committed is"):
            run_search(dataclasses.replace(LONGER, save_seconds=0.0), tmp_path)
    trained.after_stage = lambda: None
    trained.jobs.clear()
    result = run_search(LONGER, tmp_path)
    assert len(trained.jobs) == len(result.stages) - 1  # the first one was committed
    assert tuple(read_stages(tmp_path / "history.jsonl")) == result.stages


def test_nothing_is_reported_that_is_not_committed(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "save", no_space)
    with pytest.raises(SearchError, match="No space left on device"):
        run_search(LONGER, tmp_path)
    assert trained.jobs and read_stages(tmp_path / "history.jsonl") == []


def test_a_living_state_keeps_no_other_in_memory(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[SearchState] = []

    def noted(state: SearchState, algorithm: Any) -> Any:
        saved.append(state)
        return to_commit(state, algorithm)

    monkeypatch.setattr(loop, "to_commit", noted)
    run_search(LONGER, tmp_path)
    vectors = [vector for state in saved for vector in state.living.values()]
    assert vectors and all(vector.base is None for vector in vectors)


def no_space(*arguments: Any) -> None:
    raise OSError(28, "No space left on device")


# Times.


def test_where_the_time_went_is_told_and_kept(trained: Trained, tmp_path: Path) -> None:
    reporter, output = Reporter(), io.StringIO()
    reporter.console = Console(file=output, highlight=False, width=200)
    run_search(LONGER, tmp_path, reporter)
    (line,) = [line for line in output.getvalue().splitlines() if line.startswith("time: ")]
    assert all(f"{kind} " in line for kind in ("compile", "train", "validate", "save", "rest"))
    times = json.loads((tmp_path / "times.json").read_text())
    shares = times["shares"]
    assert sum(shares.values()) == pytest.approx(1, abs=0.001)
    assert shares["train"] > 0 and shares["validate"] > 0 and times["seconds"] > 0


# What is refused.


def test_a_config_that_does_not_fit_the_data_is_refused_and_does_not_claim_the_folder(
    trained: Trained, tmp_path: Path
) -> None:
    training = dataclasses.replace(LONGER.training, batch_size=len(dataset().train))
    with pytest.raises(InputError, match=r"^training\.batch_size = "):
        run_search(dataclasses.replace(LONGER, training=training), tmp_path / "new")
    assert trained.jobs == [] and list(tmp_path.iterdir()) == []
    run_search(LONGER, tmp_path / "new")  # the mistake is mended, in the same folder


@pytest.mark.parametrize("config", [LONGER, dataclasses.replace(CONFIG, seed=9)])
def test_the_folder_of_another_search_is_refused_and_left_as_it_is(
    config: SearchConfig, trained: Trained, tmp_path: Path
) -> None:
    run_search(CONFIG, tmp_path)
    trained.jobs.clear()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    differing = "seed: 0 there, 9 here" if config.seed else "search.children: 3 there, 5 here"
    with pytest.raises(InputError, match=differing):
        run_search(config, tmp_path)
    assert trained.jobs == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_a_folder_that_holds_something_else_is_refused(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="workdir"):
        run_search(CONFIG, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_more_devices_than_cores_are_taken_on_a_cpu(trained: Trained, tmp_path: Path) -> None:
    """They are worker processes, which share cores; here the four devices of the tests stand for them."""
    run_search(dataclasses.replace(CONFIG, devices=5), tmp_path / "many")
    run_search(CONFIG, tmp_path / "four")
    assert_same_search(tmp_path / "many", tmp_path / "four", CONFIG)


def test_bfloat16_is_refused_on_a_cpu(trained: Trained, tmp_path: Path) -> None:
    network = dataclasses.replace(CONFIG.network, compute_dtype="bfloat16")
    with pytest.raises(InputError, match=r"^network\.compute_dtype = 'bfloat16': expected float32 on a CPU"):
        run_search(dataclasses.replace(CONFIG, network=network), tmp_path)
    assert trained.jobs == [] and not (tmp_path / "config.json").exists()
