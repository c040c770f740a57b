"""Whole retrainings: what comes out of them, what they read, and networks that come to no result."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
import types
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tiny_retrain import (
    CLASSES,
    CONFIG,
    GENOTYPE,
    IMAGES,
    RECIPE,
    SIZE,
    SMALL,
    CountingSource,
    ToyDescription,
    no_report,
    tiny_source,
    use_toys,
    weights,
)

from econas_jax.data.batches import MemoryBatches
from econas_jax.data.config import Augmentation
from econas_jax.errors import InputError
from econas_jax.models.trained_model import TrainedModel
from econas_jax.retrain import RetrainConfig, RetrainResult, networks, run_retrain
from econas_jax.retrain.choices import Choice
from econas_jax.retrain.history import read_history
from econas_jax.retrain.result import NetworkOutcome, table_rows


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    no_report(monkeypatch)


def several(folder: Path, count: int) -> str:
    """The result.json of a search with so many best genotypes."""
    operations = ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
    best = [{"genotype": SMALL.format(operation)} for operation in operations[:count]]
    file = folder / "result.json"
    file.write_text(json.dumps({"best": best}))
    return str(file)


def trained(folder: Path, config: RetrainConfig = CONFIG, **arguments: Any) -> tuple[RetrainResult, CountingSource]:
    source = arguments.pop("source", None) or tiny_source()
    return run_retrain(config, folder, source=source, **arguments), source


def test_a_network_ends_in_a_model_and_a_record(tmp_path: Path) -> None:
    result, source = trained(tmp_path / "run")
    (outcome,) = result.networks
    assert not result.failed and outcome.status == "completed" and outcome.epochs == RECIPE.epochs
    assert outcome.parameters == 3 * SIZE**2 * CLASSES
    folder = tmp_path / "run" / "network_0"
    fields = json.loads((folder / "model" / "model.json").read_text())
    assert fields["classes"] == ["low", "middle", "high"] and fields["resolution"] == SIZE
    assert fields["accuracy"] == {"test": outcome.test_accuracy, "validation": outcome.validation_accuracy}
    assert fields["training"]["epochs"] == 4 and fields["training"]["recipe"]["batch_size"] == 8
    assert fields["training"]["data"] == "tiny" and "jax" in fields["training"]["versions"]
    assert (folder / "model" / "weights.safetensors").exists()
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    assert written["finished"] is True and written["networks"][0]["test_error"] == outcome.test_error
    # The numbers that the model's own weights give on the test images.
    test = source.dataset.test
    arrays = weights(folder)
    flat = ((test.images / 255 - 0.5) / 0.2).reshape(len(test), -1)
    correct = np.argmax((flat - arrays["batch_stats/mean"]) @ arrays["params/kernel"], axis=1) == test.labels
    assert outcome.test_accuracy == pytest.approx(np.mean(correct), abs=1e-12)


def test_the_history_has_a_line_an_epoch(tmp_path: Path) -> None:
    trained(tmp_path)
    records = read_history(tmp_path / "network_0" / "history.jsonl")
    assert [record.epoch for record in records] == [0, 1, 2, 3]
    assert [record.validation_accuracy is None for record in records] == [True, False, True, False]
    assert [record.drop_path_probability for record in records] == pytest.approx([0, 0.075, 0.15, 0.225])
    assert records[0].learning_rate == 0.1 and records[2].learning_rate == pytest.approx(0.05)
    assert records[0].train_loss > records[-1].train_loss


def test_the_test_images_are_read_once_at_the_end_of_each_network(tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, genotype=several(tmp_path, 3), validate_epochs=1)
    seen: list[tuple[int, int]] = []

    class Watching(CountingSource):
        def evaluation(self, split: str, batch_size: int) -> Any:
            if split == "test":
                seen.append((self.read["test"], len(self.batch_sizes)))
            return super().evaluation(split, batch_size)

    source = Watching(tiny_source().dataset)
    trained(tmp_path / "run", config, source=source)
    steps = RECIPE.epochs * 3
    assert seen == [(0, steps), (1, 2 * steps), (2, 3 * steps)]
    assert source.read == {"validation": 3 * RECIPE.epochs, "test": 3}
    again = tiny_source()
    trained(tmp_path / "run", config, source=again)
    assert not again.read and not again.batch_sizes


def test_the_short_last_batch_is_trained_on_or_not(tmp_path: Path) -> None:
    """22 images in batches of 8."""
    _, source = trained(tmp_path / "with")
    assert source.batch_sizes == [8, 8, 6] * RECIPE.epochs and sum(source.batch_sizes) == IMAGES * RECIPE.epochs
    config = dataclasses.replace(CONFIG, training=dataclasses.replace(RECIPE, short_batch=False))
    _, source = trained(tmp_path / "without", config)
    assert source.batch_sizes == [8, 8] * RECIPE.epochs


def test_statistics_are_averaged_anew_where_that_is_asked_for(tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, augmentation=Augmentation(0, False, cutout=0), recalibration_batches=2)
    _, source = trained(tmp_path / "anew", dataclasses.replace(CONFIG, training=recipe))
    recipe = dataclasses.replace(recipe, recalibration_batches=0)
    trained(tmp_path / "moving", dataclasses.replace(CONFIG, training=recipe))
    anew, moving = (weights(tmp_path / name / "network_0") for name in ("anew", "moving"))
    np.testing.assert_array_equal(anew["params/kernel"], moving["params/kernel"])
    batches = MemoryBatches(source.dataset.train, 8, CONFIG.seed, short_batch=False).epoch(RECIPE.epochs)
    means = [((batch.images / 255 - 0.5) / 0.2).reshape(8, -1).mean(0) for batch in itertools.islice(batches, 2)]
    np.testing.assert_allclose(anew["batch_stats/mean"], np.mean(means, 0), atol=1e-6)
    assert np.abs(anew["batch_stats/mean"] - moving["batch_stats/mean"]).max() > 1e-3


def test_a_network_does_not_depend_on_what_is_trained_beside_it(tmp_path: Path) -> None:
    trained(tmp_path / "all", dataclasses.replace(CONFIG, genotype=several(tmp_path, 2)))
    trained(tmp_path / "second", dataclasses.replace(CONFIG, genotype=f"{several(tmp_path, 2)}:1"))
    names = ("all/network_1", "second/network_0")
    together, alone = (weights(tmp_path / name) for name in names)
    assert all(np.array_equal(together[name], alone[name]) for name in together)
    trained(tmp_path / "seed", dataclasses.replace(CONFIG, seed=1))
    assert not np.array_equal(weights(tmp_path / "seed" / "network_0")["params/kernel"], alone["params/kernel"])


def test_without_test_or_validation_images_there_is_no_number(tmp_path: Path) -> None:
    result, _ = trained(tmp_path, source=tiny_source(validation=0, test=0))
    (outcome,) = result.networks
    assert outcome.status == "completed" and outcome.test_error is None and outcome.validation_accuracy is None
    assert table_rows(result.networks)[0][2] == "-"


class BrokenDescription(ToyDescription):
    """Describes a network whose training raises, or whose logits are not finite."""

    def build(self, *, auxiliary: bool = False) -> Any:
        network = super().build()
        kind = "diverges" if "dil" in self.title else "raises" if "5x5" in self.title else ""
        return dataclasses.make_dataclass(
            "Broken",
            [("num_classes", int)],
            bases=(type(network),),
            frozen=True,
            namespace={"apply": _broken(kind, network)},
        )(self.num_classes)


def _broken(kind: str, network: Any) -> Any:
    def apply(self: Any, variables: Any, images: Any, *, train: bool, mutable: Any = False, **drop_path: Any) -> Any:
        if kind == "raises" and train:
            raise RuntimeError("no such\nkernel")
        output = network.apply(variables, images, train=train, mutable=mutable, **drop_path)
        if kind == "diverges" and train:
            return output[0] / 0.0, output[1]
        return output

    return apply


def test_networks_that_come_to_no_result_are_recorded_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def described(choice: Choice, config: RetrainConfig, num_classes: int) -> ToyDescription:
        return BrokenDescription(num_classes, str(choice.genotype))

    monkeypatch.setattr(networks, "described", described)
    config = dataclasses.replace(CONFIG, genotype=several(tmp_path, 3))  # the second raises, the third diverges
    result, source = trained(tmp_path / "run", config)
    assert [outcome.status for outcome in result.networks] == ["completed", "failed", "diverged"]
    assert [outcome.number for outcome in result.failed] == [1, 2]
    failed, diverged = result.failed
    assert failed.reason == "RuntimeError: no such kernel" and failed.test_error is None
    assert diverged.reason == "a loss that is not finite in epoch 1, step 1"
    assert "no such" in (tmp_path / "run" / "network_1" / "failure.txt").read_text()
    assert [row[2] for row in table_rows(result.networks)][1:] == ["failed", "diverged"]
    assert source.read["test"] == 1
    assert not (tmp_path / "run" / "network_2" / "model").exists()
    # What raised is tried again, for its cause may be gone; what diverged would diverge again.
    use_toys(monkeypatch)
    result, source = trained(tmp_path / "run", config)
    assert [outcome.status for outcome in result.networks] == ["completed", "completed", "diverged"]
    assert len(source.batch_sizes) == 3 * RECIPE.epochs


def test_the_table_is_the_papers() -> None:
    outcome = NetworkOutcome(
        0, "ECONAS", "Genotype(...)", "completed", 600, 0.9738, 0.1, None, 0.99, 2_921_000, 470_400_000, 86_400.0
    )
    assert table_rows([outcome]) == [["0", "ECONAS", "2.62", "2.92", "470.4", "24.00", "600"]]


def test_a_network_starts_from_the_weights_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a learning rate of next to nothing the weights stay what they were."""
    kernel = np.random.default_rng(0).normal(size=(3 * SIZE**2, CLASSES)).astype(np.float32)
    asked = []

    def load_candidate(run: Path, rank: int) -> TrainedModel:
        asked.append((run, rank))
        variables = {"params": {"kernel": kernel}, "batch_stats": {"mean": np.zeros(3 * SIZE**2, np.float32)}}
        return TrainedModel(description, variables, ("a", "b", "c"), SIZE, (0.5,) * 3, (0.2,) * 3)

    module = types.ModuleType("econas_jax.search.candidate")
    module.load_candidate = load_candidate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    file = several(tmp_path, 2)
    description = ToyDescription(CLASSES, SMALL.format("sep_conv_5x5"))
    recipe = dataclasses.replace(RECIPE, learning_rate=1e-30, epochs=1)
    config = dataclasses.replace(CONFIG, start="search", genotype=f"{file}:1", training=recipe)
    trained(tmp_path / "run", config)
    assert set(asked) == {(tmp_path, 1)}
    np.testing.assert_array_equal(weights(tmp_path / "run" / "network_0")["params/kernel"], kernel)
    description = ToyDescription(CLASSES, "another")
    with pytest.raises(InputError, match=r"start = 'search': .*\(title another there, Genotype.* here\)"):
        trained(tmp_path / "other", config)
    with pytest.raises(InputError, match="start = 'search': expected scratch: genotype does not come from a search"):
        trained(tmp_path / "other", dataclasses.replace(config, genotype=GENOTYPE))
    assert not (tmp_path / "other").exists()


def test_several_devices_train_what_one_does(tmp_path: Path) -> None:
    for devices in (1, 2):
        trained(tmp_path / str(devices), dataclasses.replace(CONFIG, devices=devices))
    one, two = (weights(tmp_path / name / "network_0") for name in ("1", "2"))
    for name in one:
        np.testing.assert_allclose(two[name], one[name], rtol=1e-4, atol=1e-6)
    assert len(jax.devices()) >= 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"genotype": ""}, "config.genotype = '': expected a search's result.json"),
        ({"devices": 99}, "devices = 99: expected at most 4"),
        ({"devices": 3}, "training.batch_size = 8: expected a multiple of 3"),
        ({"training": dataclasses.replace(RECIPE, batch_size=23)}, "training.batch_size = 23: expected at most 22"),
    ],
)
def test_what_cannot_be_run_is_refused_before_the_folder_is_claimed(
    changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        trained(tmp_path / "run", dataclasses.replace(CONFIG, **changes))
    assert str(caught.value).startswith(told)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_another_retraining_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    with pytest.raises(InputError, match="seed: 0 there, 1 here"):
        trained(tmp_path, dataclasses.replace(CONFIG, seed=1))
    with pytest.raises(InputError, match="data"):
        trained(tmp_path, source=tiny_source(validation=5))
    trained(tmp_path, dataclasses.replace(CONFIG, devices=2, save_epochs=5, tensorboard=True))
