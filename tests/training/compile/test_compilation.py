"""Compiling a program leaves Python's collector as it was."""

from __future__ import annotations

import gc

import jax
import numpy as np
import pytest

from econas_jax.training.compile.compilation import compile_program


def test_the_collector_rests_only_while_a_program_is_made() -> None:
    seen = []

    def doubled(x: jax.Array) -> jax.Array:
        seen.append(gc.isenabled())
        return 2 * x

    program = compile_program(jax.jit(doubled), jax.ShapeDtypeStruct((), np.float32))
    assert seen == [False] and gc.isenabled()
    assert program(np.float32(3)) == 6


def test_the_collector_comes_back_after_a_failure_and_stays_off_if_it_was() -> None:
    @jax.jit
    def fails(x: jax.Array) -> jax.Array:
        raise ValueError

    with pytest.raises(ValueError):
        compile_program(fails, np.float32(0))
    assert gc.isenabled()
    gc.disable()
    try:
        compile_program(jax.jit(lambda x: x + 1), np.float32(0))
        assert not gc.isenabled()
    finally:
        gc.enable()
