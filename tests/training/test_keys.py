"""Random keys of training: functions of seed, purpose and numbers, and of nothing else."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from econas_jax.training.keys import derive


def bits(key: jax.Array) -> bytes:
    return np.asarray(jax.random.key_data(key)).tobytes()


def test_the_same_arguments_give_the_same_key_traced_or_not() -> None:
    traced = jax.jit(lambda epoch, step: derive(5, "augmentation", epoch, step))(3, 7)
    assert bits(traced) == bits(derive(5, "augmentation", 3, 7)) == bits(derive(5, "augmentation", 3, 7))


def test_every_argument_matters() -> None:
    keys = [
        derive(seed, purpose, first, second)
        for seed in (0, 1)
        for purpose in ("initial values", "order", "augmentation", "drop path")
        for first in (0, 1)
        for second in (0, 1)
    ]
    assert len({bits(key) for key in keys}) == 32
    assert bits(derive(0, "order", 1)) != bits(derive(0, "order", 1, 0)) != bits(derive(0, "order"))


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        derive(0, "weather")
