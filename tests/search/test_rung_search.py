"""Searches whose rungs have proxies of their own: what is trained, recorded and kept, stopped and with a lag."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from made_up_trainer import use
from search_output import assert_same_search, committed, lines, no_figures, stop_every, without_figures
from tiny_network import TinyNetwork
from tiny_search import CONFIG, EPOCHS, Trained, dataset, search_task, shared_trainer

from econas_jax.data import training_subset
from econas_jax.errors import InputError
from econas_jax.search import SearchConfig, SearchInterruptedError, load_candidate, run_search
from econas_jax.search.history import StageRecord, read_stages
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.status import read_status
from econas_jax.training import Job, Outcome, Task, WaveTrainer
from econas_jax.training.epoch import init_state
from econas_jax.training.job import Events, Jobs, outcomes
from econas_jax.training.state import vector_size


def with_proxies(config: SearchConfig, *texts: str, **fields: Any) -> SearchConfig:
    """Returns a search by EcoNAS with proxies for its rungs."""
    return dataclasses.replace(config, search=dataclasses.replace(config.search, proxies=texts, **fields))


PLAIN = dataclasses.replace(with_proxies(CONFIG, cycles=4), tensorboard=False)
# 2E starts anew at another size; 3E goes on from it, with more images.
ANEW_PROXIES = ("", "resolution=8", "resolution=8 sample_ratio=0.03")
ANEW = with_proxies(PLAIN, *ANEW_PROXIES)
ANEW_SEED = 179_376_112  # zlib.crc32(b"0 rung 1"), with 31 bits


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[SearchConfig], Path]:
    """Runs a search, once for all tests; returns its folder."""
    folders: dict[SearchConfig, Path] = {}

    def searched(config: SearchConfig) -> Path:
        if config not in folders:
            folders[config] = tmp_path_factory.mktemp("search")
            with pytest.MonkeyPatch.context() as monkeypatch:
                without_figures(monkeypatch)
                run_search(config, folders[config])
        return folders[config]

    return searched


def test_one_proxy_for_all_rungs_is_the_search_without_rungs(
    undisturbed: Callable[[SearchConfig], Path], trained: Trained, tmp_path: Path
) -> None:
    run_search(with_proxies(PLAIN, "", "channels=4", "resolution=4 sample_ratio=0.02"), tmp_path)
    assert trained.compilations == 1
    assert_same_search(tmp_path, undisturbed(PLAIN), PLAIN)
    text = (tmp_path / "history.jsonl").read_text()
    assert '"proxy"' not in text and set(json.loads(text.splitlines()[0])) == {
        field.name for field in dataclasses.fields(StageRecord) if field.name not in ("proxy", "images")
    }


def trainer(resolution: int, sample_ratio: float, seed: int) -> WaveTrainer:
    """A stand-alone trainer of the network that the searches here train, put together without the search."""
    network = TinyNetwork(CONFIG.proxy.channels, CONFIG.network.cells_per_stage, num_classes=10)
    task = dataclasses.replace(search_task(), network=network, resolution=resolution, seed=seed)
    train = training_subset(dataset(), sample_ratio, CONFIG.seed)
    return shared_trainer(task, train, dataset().validation, jax.devices()[:4])


def test_stages_are_what_stand_alone_trainings_of_their_proxies_give(
    undisturbed: Callable[[SearchConfig], Path],
) -> None:
    stages = read_stages(undisturbed(ANEW) / "history.jsonl")
    by_rung = (trainer(4, 0.02, 0), trainer(8, 0.02, ANEW_SEED), trainer(8, 0.03, ANEW_SEED))
    of_rung = {rung: [stage for stage in stages if stage.epochs == rung * EPOCHS] for rung in (1, 2, 3)}
    assert [len(of_rung[rung]) for rung in (1, 2, 3)] == [16, 8, 4]
    after_2e: dict[int, Any] = {}
    for rung, start in ((1, 0), (2, 0), (3, 2 * EPOCHS)):
        jobs = [
            Job(
                stage.candidate,
                Genotype.parse(stage.genotype).encode(),
                start,
                stage.epochs,
                after_2e[stage.candidate] if start else None,
            )
            for stage in of_rung[rung]
        ]
        found = {outcome.candidate: outcome for outcome in outcomes(by_rung[rung - 1].train(deque(jobs)))}
        for stage in of_rung[rung]:
            outcome = found[stage.candidate]
            assert (stage.start_epoch, stage.train_loss) == (start, outcome.train_loss)
            assert stage.validation_accuracy == outcome.validation_accuracy
        after_2e |= {candidate: outcome.state for candidate, outcome in found.items() if rung == 2}


def test_more_images_go_on_from_the_checkpoint(
    undisturbed: Callable[[SearchConfig], Path], trained: Trained, tmp_path: Path
) -> None:
    config = with_proxies(PLAIN, "", "sample_ratio=0.03", "sample_ratio=0.03")
    stages = run_search(config, tmp_path).stages
    assert trained.compilations == 2
    plain = {(stage.candidate, stage.epochs): stage for stage in read_stages(undisturbed(PLAIN) / "history.jsonl")}
    assert all(stage.start_epoch == stage.epochs - EPOCHS for stage in stages)
    assert all(job.state is not None for job in trained.jobs if job.start_epoch > 0)
    first = [stage for stage in stages if stage.round == 0]  # nothing depends on other rungs yet
    for stage in first:
        same = plain[stage.candidate, stage.epochs]
        assert stage.validation_accuracy == same.validation_accuracy and stage.train_loss == same.train_loss


def test_records_tell_what_each_stage_cost(undisturbed: Callable[[SearchConfig], Path]) -> None:
    sizes = ((4, 0.02), (8, 0.02), (8, 0.03))
    names = [f"channels=4 resolution={resolution} sample_ratio={ratio}" for resolution, ratio in sizes]
    images = (24, 24, 40)  # 29, 29 and 44, in whole batches of 8
    for stage in read_stages(undisturbed(ANEW) / "history.jsonl"):
        rung = stage.epochs // EPOCHS
        assert (stage.proxy, stage.images) == (names[rung - 1], images[rung - 1])
        genotype, size = Genotype.parse(stage.genotype), 4 if rung == 1 else 8
        assert stage.parameters == parameters(genotype, channels=4, cells_per_stage=1)
        assert stage.multiply_adds == multiply_adds(genotype, channels=4, cells_per_stage=1, resolution=size)
    status = read_status(undisturbed(ANEW))
    assert status.finished and len(status.stages) == status.plan.stages == ANEW.search.stages


def test_only_states_that_are_gone_on_from_are_kept_for_it(undisturbed: Callable[[SearchConfig], Path]) -> None:
    folder = undisturbed(ANEW)
    reached = {stage.candidate: stage.epochs for stage in read_stages(folder / "history.jsonl")}
    state = committed(folder, ANEW)
    assert state.living and {reached[candidate] for candidate in state.living} == {2 * EPOCHS}
    sizes = {len(vector) for vector in (*state.living.values(), *state.kept.values())}
    assert sizes == {trainer(8, 0.02, ANEW_SEED).state_size} and len(state.kept) == CONFIG.keep_best


def stopped_again_and_again(config: SearchConfig, folder: Path) -> int:
    """Runs a search to its end; returns how often it was stopped."""
    stops = 0
    while True:
        try:
            run_search(config, folder, should_stop=stop_every(25))
            return stops
        except SearchInterruptedError:
            stops += 1


def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    undisturbed: Callable[[SearchConfig], Path], trained: Trained, tmp_path: Path
) -> None:
    """With a lag, so that stages of all rungs are in flight together."""
    config = with_proxies(ANEW, *ANEW_PROXIES, lag=1)
    expected = undisturbed(config)
    assert stopped_again_and_again(config, tmp_path) >= 2
    assert len(trained.jobs) == len(read_stages(expected / "history.jsonl"))  # nothing finished was trained again
    assert_same_search(tmp_path, expected, config)


@pytest.mark.parametrize("lag", [0, 2])
def test_the_order_in_which_stages_end_changes_nothing(
    lag: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As other devices would have them end; a made-up trainer makes sure of the state that each goes on from."""
    config = dataclasses.replace(with_proxies(ANEW, *ANEW_PROXIES, lag=lag, cycles=6), save_seconds=1e9)
    use(monkeypatch, None)
    run_search(config, tmp_path / "in_order")
    trainer = use(monkeypatch, random.Random(0))
    stopped_again_and_again(config, tmp_path / "drawn")
    stages = read_stages(tmp_path / "drawn" / "history.jsonl")
    assert sorted(trainer.told) == sorted((stage.candidate, stage.epochs) for stage in stages)  # each once
    assert trainer.told != [(stage.candidate, stage.epochs) for stage in stages]
    assert_same_search(tmp_path / "drawn", tmp_path / "in_order", config)


class CrashError(Exception):
    pass


def test_after_a_crash_it_goes_on_from_the_last_commit(
    undisturbed: Callable[[SearchConfig], Path], trained: Trained, tmp_path: Path
) -> None:
    def crash() -> None:
        if len(trained.jobs) == 15:  # the second of two that train from E to 2E
            raise CrashError

    trained.after_stage = crash
    with pytest.raises(CrashError):
        run_search(ANEW, tmp_path)
    trained.after_stage = lambda: None
    run_search(ANEW, tmp_path)
    assert_same_search(tmp_path, undisturbed(ANEW), ANEW)


def test_a_folder_belongs_to_its_rungs(undisturbed: Callable[[SearchConfig], Path], trained: Trained) -> None:
    folder, before = undisturbed(ANEW), lines(undisturbed(ANEW) / "history.jsonl")
    run_search(ANEW, folder)
    with pytest.raises(InputError, match=r"^workdir = .*search\.proxies: \['', 'resolution=8', .* there, \[\] here"):
        run_search(PLAIN, folder)
    assert lines(folder / "history.jsonl") == before and not trained.jobs


def test_a_rung_that_does_not_fit_the_data_is_refused_before_the_folder_is_claimed(
    trained: Trained, tmp_path: Path
) -> None:
    config = with_proxies(CONFIG, "", "", "sample_ratio=0.004")
    told = r"^training\.batch_size = 8: expected at most 5, .* \(by channels=4 resolution=4 sample_ratio=0\.004, of"
    with pytest.raises(InputError, match=told):
        run_search(config, tmp_path / "search")
    assert not (tmp_path / "search").exists()


class Filled:
    """Trains nothing: a candidate's state is full of its number and epochs, as long as its network's would be."""

    slots, devices, device_kind = 1, 1, "abacus"

    def __init__(self, task: Task, train: Any, validation: Any, devices: Any, example: Any, lanes: int = 1) -> None:
        self.state_size = vector_size(jax.eval_shape(lambda: init_state(task, 0, example)))

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        pass

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        while jobs:
            job = jobs.popleft()
            state = np.full(self.state_size, job.candidate + job.end_epoch / 100, np.float32)
            yield Outcome(job.candidate, "completed", 1.0, 1.0, 0.5, 1.0, job.candidate / 30, state)


def test_a_candidate_is_loaded_in_the_setting_of_its_rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    monkeypatch.setattr("econas_jax.training.proxy_training.trainer_for", Filled)
    proxies = ("channels=12", "channels=6 resolution=8", "")
    config = dataclasses.replace(with_proxies(CONFIG, *proxies, cycles=2, promotions_to_3e=1), tensorboard=False)
    best = run_search(config, tmp_path).best
    assert [member.epochs // EPOCHS for member in best] == [3, 3, 2, 2, 1]
    for rank, (channels, resolution) in enumerate([(4, 4), (4, 4), (6, 8), (6, 8), (12, 4)]):
        model = load_candidate(tmp_path, rank)
        assert (vars(model.description)["channels"], model.resolution) == (channels, resolution)
        shape = f"{channels} channels, {resolution}x{resolution} pixels"
        assert str(model.training["proxy"]).startswith(shape)
        number = np.float32(best[rank].candidate + best[rank].epochs / 100)
        assert all(np.all(leaf == number) for leaf in jax.tree.leaves(model.variables["params"]))
        assert model.description.cost(resolution).parameters == sum(
            leaf.size for leaf in jax.tree.leaves(model.variables["params"])
        )
