"""The best rates that one core reaches in XLA programs, for other measurements to compare with (parts, scaling).

    taskset -c 0 python -m benchmarks.step.core_rates --json OUT

Claims: multiply-adds a second of a large product; bytes a second, read and written, of one state of the c4r4 proxy (9
channels, 8x8, batch 384), which stays in the nearest large cache, of all states that a step keeps of its first stage,
and of an array too large for any cache.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp

from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result

RATES = ("multiply_adds_a_second", "bytes_a_second", "stage_bytes_a_second", "large_bytes_a_second")
PRODUCT_SIZE, LARGE_BYTES, TURNS = 1024, 2**28, 200
STATE_BYTES = 9 * 8**2 * 384 * 4
STAGE_BYTES = (6 + 1) * (2 + 4) * STATE_BYTES  # six cells and the entry, each with two inputs and four nodes
SECONDS = 4.0  # spent on each rate: long enough for two processes started together to overlap


def core_rates(cores: set[int]) -> dict[str, float]:
    """Measures in a process of its own on these cores."""
    result = run_pinned(script("step.core_rates"), cores)
    return {rate: result[rate] for rate in RATES}


def measure() -> dict[str, float]:
    """Measures in this process."""
    square = jnp.ones((PRODUCT_SIZE, PRODUCT_SIZE))
    large, stage, state = (jnp.ones(size // 4) for size in (LARGE_BYTES, STAGE_BYTES, STATE_BYTES))

    def many(x: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, TURNS, lambda _, x: x + 1.0, x)

    values = (
        PRODUCT_SIZE**3 / _seconds(jnp.matmul, square, square),
        2 * TURNS * STATE_BYTES / _seconds(many, state),
        2 * TURNS * STAGE_BYTES / _seconds(many, stage),
        2 * LARGE_BYTES / _seconds(lambda x: x + 1.0, large),
    )
    return dict(zip(RATES, values, strict=True))


def _seconds(function: Callable[..., jax.Array], *operands: jax.Array) -> float:
    program = jax.jit(function).lower(*operands).compile()
    times: list[float] = []
    while sum(times) < SECONDS:
        start = time.perf_counter()
        jax.block_until_ready(program(*operands))
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    print(write_result(parser.parse_args().json, measure()))


if __name__ == "__main__":
    main()
