"""A search's best candidates as trained models: they are what the search ranked, to the last image."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from search_output import no_figures
from tiny_search import CONFIG, EPOCHS, share_trainers

import econas_jax
from econas_jax.algorithms import RandomSearchConfig
from econas_jax.data import prepare
from econas_jax.errors import InputError
from econas_jax.experiment.commit_reading import read_last_commit
from econas_jax.models.trained_model import TrainedModel, load_model
from econas_jax.nn.darts.cell_network import CellNetwork
from econas_jax.nn.nasbench201.plain_network import PlainNetwork
from econas_jax.search import SearchConfig, load_candidate, run_search
from econas_jax.search.history import last_stages, read_stages
from econas_jax.spaces.nasbench201 import NasBench201Space

DARTS = dataclasses.replace(CONFIG, keep_best=2, tensorboard=False)  # its programs are compiled for other tests, too
NASBENCH = dataclasses.replace(
    DARTS,
    space=NasBench201Space(),
    algorithm="random",
    search=RandomSearchConfig(candidates=3, batch=3, epochs=3 * EPOCHS),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[SearchConfig], Path]:
    """Runs a search, once for all tests; returns its folder."""
    folders: dict[SearchConfig, Path] = {}

    def searched(config: SearchConfig) -> Path:
        if config not in folders:
            folders[config] = tmp_path_factory.mktemp("search")
            with pytest.MonkeyPatch.context() as monkeypatch:
                no_figures(monkeypatch)
                share_trainers(monkeypatch)
                run_search(config, folders[config])
        return folders[config]

    return searched


@pytest.fixture
def folder(run: Callable[[SearchConfig], Path], tmp_path: Path) -> Path:
    """A copy of the folder of the DARTS search."""
    return Path(shutil.copytree(run(DARTS), tmp_path / "copy"))


def accuracy_and_loss(model: TrainedModel, config: SearchConfig) -> tuple[float, float]:
    """By a plain loop over the validation images, one at a time."""
    images = config.data.load(config.seed).validation
    network = model.description.build()
    logits = jax.jit(lambda pixels: network.apply(model.variables, pixels, train=False)[0])
    correct, loss = 0, 0.0
    for image, label in zip(images.images, images.labels, strict=True):
        found = np.asarray(logits(prepare(image[None], model.resolution, model.mean, model.std)), np.float64)
        correct += int(np.argmax(found)) == label
        loss += np.log(np.sum(np.exp(found))) - found[label]
    return correct / len(images), loss / len(images)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        pytest.param(DARTS, CellNetwork, id="darts"),
        pytest.param(NASBENCH, PlainNetwork, id="nasbench201", marks=pytest.mark.slow),
    ],
)
def test_a_candidate_is_the_one_that_the_search_ranked(
    config: SearchConfig, kind: type, run: Callable[[SearchConfig], Path]
) -> None:
    folder = run(config)
    best = json.loads((folder / "result.json").read_text())["best"]
    last = last_stages(read_stages(folder / "history.jsonl"))
    for rank in range(2):
        model = load_candidate(folder, rank)
        assert type(model.description.build()) is kind and model.description.title == best[rank]["genotype"]
        assert model.description.cost(model.resolution).parameters == best[rank]["parameters"]
        assert model.accuracy == {"validation": best[rank]["validation_accuracy"]}
        accuracy, loss = accuracy_and_loss(model, config)
        # The plain network adds up in another order than the search's: an image between two classes may turn over.
        assert abs(accuracy - model.accuracy["validation"]) <= 1 / 30 + 1e-9
        assert loss == pytest.approx(last[best[rank]["candidate"]].validation_loss, rel=1e-4)


def test_all_that_is_needed_to_use_it_comes_along(folder: Path, tmp_path: Path) -> None:
    model = econas_jax.load_candidate(str(folder))
    dataset = DARTS.data.load(DARTS.seed)
    assert (model.classes, model.resolution, model.crop) == (tuple("0123456789"), 4, 1.0)
    assert (model.mean, model.std) == (dataset.mean, dataset.std)
    assert {name: model.training[name] for name in ("by", "data", "rank", "epochs", "seed")} == {
        "by": "a search (econas on darts)",
        "data": "digits",
        "rank": 0,
        "epochs": 3 * EPOCHS,
        "seed": 0,
    }
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.description == model.description
    jax.tree.map(np.testing.assert_array_equal, again.variables, model.variables)


def change(file: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    fields = json.loads(file.read_text())
    edit(fields)
    file.write_text(json.dumps(fields))


def test_the_accuracy_of_a_better_epoch_is_not_that_of_the_weights(folder: Path) -> None:
    recorded = load_candidate(folder).accuracy["validation"]
    change(folder / "config.json", lambda fields: fields["config"]["training"].update(accuracy="best"))
    model = load_candidate(folder)
    assert model.accuracy == {} and model.training["best_epochs_validation_accuracy"] == recorded


def test_reading_changes_nothing(folder: Path) -> None:
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    (folder / "checkpoints" / "commit_9.orbax-checkpoint-tmp").mkdir()  # that a running search is writing
    before = content()
    load_candidate(folder)
    assert content() == before and (folder / "checkpoints" / "commit_9.orbax-checkpoint-tmp").is_dir()


def refused(folder: Path, rank: Any = 0) -> str:
    with pytest.raises(InputError) as caught:
        load_candidate(folder, rank)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("rank", [-1, True, "0", 1.0])
def test_a_rank_that_is_none_is_refused(rank: Any, folder: Path) -> None:
    assert refused(folder, rank) == f"rank = {rank!r}: expected a whole number of at least 0"


@pytest.mark.parametrize("rank", [2, 3])
def test_a_rank_without_weights_is_refused(rank: int, folder: Path) -> None:
    assert refused(folder, rank).startswith(f"rank = {rank}: expected one of 0, 1: the ranks whose weights ")


def test_other_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for other in (tmp_path / "empty", tmp_path / "missing"):
        assert refused(other) == f"run = {str(other)!r}: expected the folder of a search, with its config.json"
    (folder / "config.json").write_text('{"config": {"genotype": "DARTS_V2"}}')
    assert refused(folder).endswith("expected the folder of a search, with its config.json")
    (folder / "config.json").write_text("{")
    assert refused(folder).endswith("expected the folder of a search, with its config.json")


def test_a_search_without_a_commit_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / "checkpoints")
    assert refused(folder).endswith("expected a search that has a commit in checkpoints/")


def test_a_search_whose_commits_are_damaged_is_refused(folder: Path) -> None:
    for commit in (folder / "checkpoints").iterdir():
        (commit / "search" / "metadata").write_text("")
    assert "expected a commit that is whole; all are damaged (" in refused(folder)


def test_a_folder_that_does_not_tell_of_its_images_is_refused(folder: Path) -> None:
    change(folder / "config.json", lambda fields: fields["data"].pop("mean"))
    assert refused(folder).endswith(
        "expected a search whose config.json tells the classes, mean and std of its images: run its command once more"
    )


def test_a_search_in_its_first_batch_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("econas_jax.algorithms.EcoNAS.best", lambda algorithm, state, count: ())
    assert "expected a search that has ranked a candidate; its first batch is not over, " in refused(folder)


def test_a_search_that_kept_nothing_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one whose keep_best was 0, or which ended before there was any."""

    def without_kept(directory: Path) -> Any:
        commit = read_last_commit(directory)
        assert commit is not None
        return {name: value for name, value in commit[0].items() if name != "kept"}, commit[1]

    monkeypatch.setattr("econas_jax.search.candidate.read_last_commit", without_kept)
    allowed = "expected a search that keeps the weights of its best: keep_best was 2, or was not there yet"
    assert refused(folder).endswith(allowed)
