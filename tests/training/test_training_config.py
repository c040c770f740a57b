"""The fields of training: the released code's values, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from econas_jax.data.config import Augmentation
from econas_jax.errors import InputError
from econas_jax.training import TrainingConfig


def test_the_defaults_are_the_released_codes_but_for_the_accuracy() -> None:
    assert TrainingConfig() == TrainingConfig(
        batch_size=384,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=3e-4,
        gradient_clip=5.0,
        augmentation=Augmentation(crop_padding=4, flip=True),
        evaluation_batch_size=500,
        accuracy="last",  # the released code has "best", on the test set
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 1),  # batch statistics of one image have no variance
        ("batch_size", 8.0),
        ("evaluation_batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", -0.1),
        ("learning_rate", float("inf")),
        ("learning_rate", float("nan")),
        ("momentum", -0.1),
        ("momentum", 1.0),
        ("momentum", float("nan")),
        ("weight_decay", -1e-9),
        ("weight_decay", 1.0),
        ("gradient_clip", 0.0),
        ("gradient_clip", float("inf")),
        ("accuracy", "worst"),
        ("learning_rate", "0.1"),
        ("momentum", None),
        ("weight_decay", True),
    ],
)
def test_values_out_of_range_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^training\.{field} = "):
        dataclasses.replace(TrainingConfig(), **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 2),
        ("evaluation_batch_size", 1),
        ("momentum", 0.0),
        ("weight_decay", 0.0),
        ("gradient_clip", 1e-9),
        ("learning_rate", 1e9),
    ],
)
def test_the_ends_of_the_ranges_are_allowed(field: str, value: Any) -> None:
    assert getattr(dataclasses.replace(TrainingConfig(), **{field: value}), field) == value
