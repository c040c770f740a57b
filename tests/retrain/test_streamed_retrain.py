"""Retraining on streamed images: as undisturbed, whatever reads them; and one line for what cannot be read."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from photo_folder import CLASSES, TRAIN, write_photo_folder
from tiny_retrain import CONFIG, RECIPE, no_report, use_toys

from econas_jax.data.config import IMAGENET_JITTER, Augmentation, DataConfig
from econas_jax.data.dataset import Split
from econas_jax.data.stream import StreamConfig
from econas_jax.data.stream.batches import StreamBatches
from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import config_source
from econas_jax.experiment.config_fields import to_config_dict
from econas_jax.retrain import RetrainConfig, default_config, from_mapping, run_retrain


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    no_report(monkeypatch)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photo_folder(tmp_path_factory.mktemp("photos"))


def config(path: Path, **data: Any) -> RetrainConfig:
    recipe = dataclasses.replace(RECIPE, augmentation=Augmentation(0, False, jitter=IMAGENET_JITTER))
    return dataclasses.replace(
        CONFIG, data=StreamConfig(path=str(path), **{"workers": 0, **data}), training=recipe, resolution=8
    )


def weights(run: Path) -> dict[str, np.ndarray[Any, Any]]:
    loaded: dict[str, Any] = safetensors.numpy.load_file(run / "network_0" / "model" / "weights.safetensors")
    return loaded


def assert_equal(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


def test_processes_and_interruptions_change_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run_retrain(config(photos), tmp_path / "undisturbed")
    assert result.networks[0].status == "completed" and result.networks[0].test_error is not None

    # A reading process dies in the middle of an epoch; the same command, with other processes, goes on at that step.
    read = StreamBatches._made
    made: list[int] = []

    def watched(self: StreamBatches, batch: int) -> Split:
        made.append(batch)
        return read(self, batch)

    def failing(self: StreamBatches, batch: int) -> Split:
        if batch == 4:
            raise SearchError("a process that reads images was killed by SIGKILL")
        return read(self, batch)

    monkeypatch.setattr(StreamBatches, "_made", failing)
    with pytest.raises(SearchError, match="SIGKILL"):
        run_retrain(config(photos), tmp_path / "killed")
    made.clear()
    monkeypatch.setattr(StreamBatches, "_made", watched)
    run_retrain(config(photos, workers=1), tmp_path / "killed")
    assert made[0] == 4  # no step before it is repeated, and no image before it read
    assert_equal(tmp_path / "undisturbed", tmp_path / "killed")


def test_a_damaged_test_image_is_found_before_anything_is_trained(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    damaged = tmp_path / "photos" / "val" / CLASSES[0] / f"{CLASSES[0]}_0.JPEG"
    damaged.write_bytes(b"no image")
    with pytest.raises(InputError, match=f"^image = '{damaged}': expected a readable image file"):
        run_retrain(config(tmp_path / "photos"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_other_images_are_refused(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    recipe = dataclasses.replace(RECIPE, epochs=1, augmentation=Augmentation(0, False))
    short = dataclasses.replace(config(tmp_path / "photos"), training=recipe)
    run_retrain(short, tmp_path / "run")
    (tmp_path / "photos" / "train" / CLASSES[0] / f"{CLASSES[0]}_{TRAIN - 1}.JPEG").unlink()
    with pytest.raises(InputError, match="stored"):
        run_retrain(short, tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resolution": None}, "^resolution = None: expected pixels a side"),
        ({"training": RECIPE}, r"^training.augmentation.crop_padding = 1: expected 0, since streamed"),
        (
            {"training": dataclasses.replace(RECIPE, augmentation=Augmentation(0, True))},
            r"^training.augmentation.flip = True: expected False, since streamed",
        ),
    ],
)
def test_what_does_not_fit_streamed_images_is_refused(
    photos: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run_retrain(dataclasses.replace(config(photos), **change), tmp_path / "run")


def test_the_name_of_the_data_picks_its_fields() -> None:
    for name, kind in (("cifar10", DataConfig), ("image_stream", StreamConfig), ("tfds_stream", StreamConfig)):
        built = from_mapping(default_config(name))
        assert type(built.data) is kind and built.data.name == name
        assert from_mapping(to_config_dict(built)) == built
    assert from_mapping(default_config()) == RetrainConfig()
    fields = default_config("image_stream")
    fields.data.path = "photos"
    fields.data.workers = 4
    assert from_mapping(fields).data == StreamConfig(path="photos", workers=4)
    with pytest.raises(InputError, match=r"^config field = 'data.download': .* of the fields of image_stream"):
        from_mapping({"data": {"name": "image_stream", "download": True}})
    with pytest.raises(InputError, match="^data = 'imagenet': expected one of cifar10"):
        default_config("imagenet")


def test_imagenets_recipes_are_the_published_ones() -> None:
    darts, pdarts = (from_mapping(config_source.load(name)) for name in ("retrain_imagenet", "retrain_imagenet_pdarts"))
    assert (darts.network.channels, darts.network.cells_per_stage, darts.network.stem) == (48, 4, "imagenet")
    recipe = darts.training
    assert (recipe.batch_size, recipe.learning_rate, recipe.schedule, recipe.decay) == (128, 0.1, "exponential", 0.97)
    assert (recipe.epochs, recipe.weight_decay, recipe.label_smoothing) == (250, 3e-5, 0.1)
    assert (recipe.drop_path_probability, recipe.gradient_clip, recipe.auxiliary_weight) == (0.0, 5.0, 0.4)
    assert recipe.augmentation == Augmentation(0, False, jitter=IMAGENET_JITTER, cutout=0)
    expected = dataclasses.replace(
        recipe, batch_size=1024, evaluation_batch_size=1024, learning_rate=0.5, schedule="linear", warmup_epochs=5
    )
    assert pdarts.training == expected
    assert dataclasses.replace(pdarts, training=recipe) == darts
