"""A trained model at work: its logits do not depend on batches, and are those of the network on prepared pixels."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from data_sources import random_split
from tiny_models import MEAN, STD, tiny_model

from econas_jax.data import Split
from econas_jax.errors import InputError
from econas_jax.models.prediction import Classifier, accuracy, predictions
from econas_jax.models.trained_model import TrainedModel

SPLIT = random_split(7, size=8, classes=3)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return tiny_model()


def reference(model: TrainedModel, images: Any) -> Any:
    """Logits of images that have the network's size, one at a time, prepared by NumPy."""
    network = model.description.build()
    forward = jax.jit(lambda pixels: network.apply(model.variables, pixels, train=False)[0])
    pixels = (images / np.float32(255) - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.stack([forward(image[None].astype(np.float32)) for image in pixels])


def batches(split: Split, size: int) -> list[Split]:
    places = [np.arange(first, min(first + size, len(split))) for first in range(0, len(split), size)]
    return [split.take(place) for place in places]


def test_logits_are_the_networks(model: TrainedModel) -> None:
    expected = reference(model, SPLIT.images)
    assert np.ptp(expected, axis=0).min() > 1e-3  # images are told apart
    for size in (3, 7, 20):
        logits = Classifier(model, size).logits(SPLIT.images)
        assert logits.dtype == np.float32
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_no_images_have_no_logits(model: TrainedModel) -> None:
    assert Classifier(model, 3).logits(SPLIT.images[:0]).shape == (0, 3)


def test_the_centre_is_shown(model: TrainedModel) -> None:
    """Of 16 pixels a half, which has the network's size: the outer ones are of no effect."""
    large = random_split(2, size=16, classes=2).images.copy()
    cropping = tiny_model(variables=model.variables, crop=0.5)
    expected = reference(model, large[:, 4:12, 4:12])
    np.testing.assert_allclose(Classifier(cropping, 2).logits(large), expected, rtol=1e-4, atol=1e-5)
    cropped = Classifier(cropping, 2, crop=1.0).logits(large[:, 4:12, 4:12])  # cropped as they were read
    np.testing.assert_allclose(cropped, expected, rtol=1e-4, atol=1e-5)


def test_a_short_last_batch_is_compiled_for_no_more_than_once(
    model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = []
    network = type(model.description.build())
    call = network.__call__

    def noting(module: Any, images: Any, **options: Any) -> Any:
        traced.append(images.shape)
        return call(module, images, **options)

    monkeypatch.setattr(network, "__call__", noting)
    found = list(predictions(model, batches(SPLIT, 3)))
    assert [len(labels) for _, labels in found] == [3, 3, 1] and [len(logits) for logits, _ in found] == [3, 3, 1]
    assert traced == [(3, 8, 8, 3)]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), SPLIT.labels)


def test_accuracy_is_that_of_the_largest_logit(model: TrainedModel) -> None:
    expected = np.mean(np.argmax(reference(model, SPLIT.images), axis=1) == SPLIT.labels)
    assert accuracy(model, batches(SPLIT, 3)) == accuracy(model, [SPLIT]) == expected
    right = Split(SPLIT.images, np.argmax(reference(model, SPLIT.images), axis=1).astype(np.int32))
    assert accuracy(model, [right]) == 1.0
    with pytest.raises(InputError, match="^images = 0: expected at least one$"):
        accuracy(model, [])


def test_weights_of_a_diverged_training_are_refused(model: TrainedModel) -> None:
    broken = tiny_model(variables=jax.tree.map(lambda leaf: leaf * np.nan, model.variables))
    with pytest.raises(InputError, match="expected weights that give finite outputs$"):
        accuracy(broken, [SPLIT])


@pytest.mark.parametrize(("size", "crop"), [(0, None), (3, 0.0), (3, 1.5)])
def test_wrong_numbers_are_refused(size: int, crop: float | None, model: TrainedModel) -> None:
    with pytest.raises(InputError):
        Classifier(model, size, crop)
