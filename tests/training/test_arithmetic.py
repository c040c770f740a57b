"""Settings of JAX that change numbers are part of a run's identity."""

from __future__ import annotations

from typing import Any

import jax
import pytest

from econas_jax.errors import InputError
from econas_jax.training.arithmetic import SETTINGS, arithmetic


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jax_default_matmul_precision", "highest"),
        ("jax_default_prng_impl", "rbg"),
        ("jax_threefry_partitionable", False),
        ("jax_disable_most_optimizations", True),
        ("jax_numpy_dtype_promotion", "strict"),
    ],
)
def test_each_setting_tells_runs_apart(name: str, value: Any) -> None:
    before, old = arithmetic(), jax.config.values[name]
    jax.config.update(name, value)
    try:
        after = arithmetic()
    finally:
        jax.config.update(name, old)
    assert {key for key in before if before[key] != after[key]} == {name}
    assert arithmetic() == before


def test_all_settings_are_there_in_this_version_of_jax() -> None:
    assert set(SETTINGS) < set(arithmetic())


def test_64_bit_numbers_are_refused() -> None:
    jax.config.update("jax_enable_x64", True)
    try:
        with pytest.raises(InputError, match="^jax_enable_x64 = True: expected False: training is float32"):
            arithmetic()
    finally:
        jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ("--xla_dump_to=/x --xla_cpu_enable_fast_math=true", "--xla_cpu_enable_fast_math=true"),
        ("--xla_force_host_platform_device_count=8", ""),
        ("--b=1 --a=2", "--a=2 --b=1"),
    ],
)
def test_flags_that_change_numbers_count(flags: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", flags)
    assert arithmetic()["XLA_FLAGS"] == kept
