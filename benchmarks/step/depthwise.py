"""Depthwise convolutions as matrices and as shifts: the measurement behind `econas_jax.nn.kernels.depthwise`.

    taskset -c 0 python -m benchmarks.step.depthwise --json OUT

Claims: for each map of the c4r4 proxy (9 channels at 8x8, 18 at 4x4, 36 at 2x2; batch 384, float32) and each kernel of
the search space, the median milliseconds of ReLU, depthwise and 1x1 convolution as a matrix and as shifts; and for
maps of 4x4 to 12x12 those of both gradients of a depthwise convolution: the map's as the convolution is applied, the
taps' by products, or both by sums over the same shifts. Each runs in a loop inside one compiled program. Every turn
uses the result of the one before, so that XLA can leave nothing out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np

from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import median_seconds
from econas_jax.nn.kernels import depthwise, spatial

BATCH, TURNS = 384, 50
MAPS = ((9, 8), (18, 4), (36, 2))  # channels, size
GRADIENT_MAPS = ((9, 12), (9, 8), (18, 6), (18, 4))
KERNELS = {"3x3": (3, 1), "dilated 3x3": (3, 2), "5x5": (5, 1), "dilated 5x5": (5, 2)}
UNDILATED = {name: kernel for name, kernel in KERNELS.items() if kernel[1] == 1}
WAYS = ("matrix", "shifts")


def value(channels: int, size: int, kernel: int, dilation: int, shifts: bool, repeats: int) -> float:
    """Returns the milliseconds of one application after ReLU and before a 1x1 convolution."""
    x, taps = operands(channels, size)
    weights = np.random.default_rng(1).standard_normal((channels, channels), np.float32) * np.float32(0.1)

    def turn(_: Any, x: jax.Array) -> jax.Array:
        return spatial.pointwise(weights, depthwise.depthwise(jax.nn.relu(x), taps, kernel, dilation, size, 1))

    with mock.patch.object(depthwise, "by_shifts", lambda *_: shifts):  # called while the program is traced
        return milliseconds(turn, x, repeats)


def gradients(channels: int, size: int, kernel: int, dilation: int, shifts: bool, repeats: int) -> float:
    """Returns the milliseconds of the gradients with respect to the map and to the taps.

    The map's gradient becomes the output's gradient of the next turn.
    """

    def turn(_: Any, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        gradient, taps = carry
        _, back = jax.vjp(lambda x, taps: depthwise.depthwise(x, taps, kernel, dilation, size, 1), x, taps)
        gradient, taps_gradient = back(gradient)
        return gradient, taps + 1e-9 * taps_gradient

    x, taps = operands(channels, size)
    largest = depthwise.LARGEST_MATRIX_MAP if shifts else size
    with mock.patch.multiple(depthwise, gradients_by_shifts=lambda *_: shifts, LARGEST_MATRIX_MAP=largest):
        return milliseconds(turn, (x, taps), repeats)


def operands(channels: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns a map and small taps."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((channels, size**2, BATCH), np.float32)
    return x, rng.standard_normal((depthwise.SLOT**2, channels), np.float32) * np.float32(0.1)


def milliseconds(turn: Callable[[Any, Any], Any], start: Any, repeats: int) -> float:
    """Returns the milliseconds of one turn."""
    program = jax.jit(lambda start: jax.lax.fori_loop(0, TURNS, turn, start)).lower(start).compile()
    return round(1000 * median_seconds(lambda _: jax.block_until_ready(program(start)), TURNS, repeats), 4)


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()

    def measure(of: Callable[..., float], maps: tuple[tuple[int, int], ...], kernels: dict[str, Any]) -> list[Any]:
        return [
            {
                "channels": channels,
                "size": size,
                "kernel": name,
                **{way: of(channels, size, *kernel, way == "shifts", arguments.repeats) for way in WAYS},
            }
            for channels, size in maps
            for name, kernel in kernels.items()
        ]

    values = measure(value, MAPS, KERNELS)
    result = {"batch": BATCH, "repeats": arguments.repeats, "milliseconds": values}
    result["gradient_milliseconds"] = measure(gradients, GRADIENT_MAPS, UNDILATED)
    print(write_result(arguments.json, result))


if __name__ == "__main__":
    main()
