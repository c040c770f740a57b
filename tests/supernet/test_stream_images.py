"""Searches on images that are read while they run: what a step reads, and that a stop changes nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from photo_folder import CLASSES, TRAIN, write_photo_folder
from tiny_chain import PROXYLESS, SPOS, use_toy_chains
from tiny_retrain import SIZE
from tiny_supernet import assert_same_search, history

from econas_jax.data import Split
from econas_jax.data.config import Augmentation
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import InputError
from econas_jax.supernet import SupernetConfig, SupernetInterruptedError, run_supernet
from econas_jax.supernet.course import Course, PhaseReads
from econas_jax.supernet.stream_images import StreamImages

IMAGES = TRAIN * len(CLASSES)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photo_folder(tmp_path_factory.mktemp("photos"))


def opened(photos: Path, share: float, ratio: float = 1.0, flip: bool = True) -> StreamImages:
    data = StreamConfig(path=str(photos), workers=0, flip=flip, smallest_area=0.5)
    return StreamImages(data.open(0, SIZE), ratio, share, 0)


def pixels(splits: list[Split]) -> list[bytes]:
    return [image.tobytes() for split in splits for image in split.images]


def test_the_parts_are_all_training_images_once(photos: Path) -> None:
    images = opened(photos, 0.3)
    assert images.counts == (IMAGES - 6, 6)
    everything = set(pixels(opened(photos, 0.0).to_judge(5, whole=False)))
    weights, held_out = (pixels(each) for each in (images.to_calibrate(5, 3), images.to_judge(5, whole=False)))
    assert len(everything) == IMAGES and set(weights) | set(held_out) == everything
    assert len(weights) + len(held_out) == IMAGES
    assert [len(split) for split in images.to_judge(5, whole=True)] == [5]
    assert opened(photos, 0.5, ratio=0.5).counts == (5, 5)


def test_a_proxys_images_are_drawn_as_those_in_memory(photos: Path) -> None:
    everything, half = (pixels(opened(photos, 0.0, ratio).to_judge(IMAGES, whole=False)) for ratio in (1.0, 0.5))
    kept = np.sort(np.random.default_rng([0, IMAGES, IMAGES // 2]).permutation(IMAGES)[: IMAGES // 2])
    assert half == [everything[place] for place in kept]


def test_the_architecture_sees_centres_and_every_step_may_be_the_first(photos: Path) -> None:
    reads, order = (PhaseReads(None, True, 0), PhaseReads(0, False, 3)), [(0,), (0, 1), (0,), (0, 1)]
    images = opened(photos, 0.4)
    course = Course(reads, 4, True, images.counts, lambda epoch, steps: order)
    centres = set(pixels(images.to_judge(8, whole=False)))
    epochs = [list(images.epoch(course, number)) for number in range(3)]
    seen = [step.then.architecture for epoch in epochs for step in epoch if step.then]
    assert all(split is not None for split in seen) and len(seen) == 6
    passes = [pixels([split for split in seen[begin : begin + 2] if split]) for begin in (0, 2, 4)]
    assert all(len(set(each)) == 6 and set(each) <= centres for each in passes) and passes[0] != passes[1]
    crops = pixels([step.weights for step in epochs[0] if step.weights])
    assert len(crops) == 13 and not set(crops) & set(pixels(images.to_calibrate(13, 1)))
    again = opened(photos, 0.4)
    (last,) = list(again.epoch(course, 1, 3))
    expected = epochs[1][3]
    assert last.weights is not None and expected.weights is not None and last.then is not None
    assert np.array_equal(last.weights.images, expected.weights.images) and len(last) == 1
    assert last.then.architecture is not None and pixels([last.then.architecture]) == pixels([seen[3]])  # type: ignore[list-item]


def streamed(config: SupernetConfig, photos: Path) -> SupernetConfig:
    training = dataclasses.replace(config.training, augmentation=Augmentation(0, False))
    return dataclasses.replace(config, training=training, data=StreamConfig(path=str(photos), workers=0))


@pytest.mark.parametrize("config", [PROXYLESS, SPOS], ids=["proxyless", "spos"])
def test_a_search_on_a_folder_goes_on_as_if_undisturbed(
    config: SupernetConfig, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_toy_chains(monkeypatch)
    config = streamed(config, photos)
    run_supernet(config, tmp_path / "whole")
    for at in (1, 5):
        questions = iter(range(1000))
        with pytest.raises(SupernetInterruptedError):
            run_supernet(config, tmp_path / "stopped", should_stop=lambda: next(questions) == at)  # noqa: B023
    run_supernet(config, tmp_path / "stopped")
    assert_same_search(tmp_path / "stopped", tmp_path / "whole")
    assert len(history(tmp_path / "whole")) == config.proxy.epochs


def test_what_is_done_while_reading_is_not_asked_for_twice(photos: Path, tmp_path: Path) -> None:
    config = streamed(SPOS, photos)
    padded = dataclasses.replace(config.training, augmentation=Augmentation(1, False))
    wrong = {
        "training.augmentation.crop_padding": dataclasses.replace(config, training=padded),
        "data.validation": dataclasses.replace(config, data=StreamConfig(path=str(photos), validation=0.1)),
        "data.path": dataclasses.replace(config, data=StreamConfig(path=str(tmp_path / "nowhere"))),
    }
    for field, each in wrong.items():
        with pytest.raises(InputError) as caught:
            run_supernet(each, tmp_path / "run")
        assert caught.value.field == field
