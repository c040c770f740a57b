"""Depthwise convolutions as matrices and as shifts: the measurement behind `econas_jax.nn.spatial.by_shifts`.

    taskset -c 0 python benchmarks/depthwise.py --json benchmarks/results/depthwise.json

Claims: for each map of the c4r4 proxy (9 channels at 8x8, 18 at 4x4, 36 at 2x2; batch 384, float32) and each kernel of
the search space, the median milliseconds of ReLU, depthwise and 1x1 convolution as a matrix and as shifts, each in a
loop inside one compiled program. The loop hands its result on, so that nothing of it can be left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import numpy as np
from result_file import write_result
from step_command import median_seconds

from econas_jax.nn import spatial

BATCH, TURNS = 384, 50
MAPS = ((9, 8), (18, 4), (36, 2))  # channels, size
KERNELS = {"3x3": (3, 1), "dilated 3x3": (3, 2), "5x5": (5, 1), "dilated 5x5": (5, 2)}


def milliseconds(channels: int, size: int, kernel: int, dilation: int, shifts: bool, repeats: int) -> float:
    """Of one application."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((channels, size**2, BATCH), np.float32)
    taps = rng.standard_normal((spatial.SLOT**2, channels), np.float32) * np.float32(0.1)
    weights = rng.standard_normal((channels, channels), np.float32) * np.float32(0.1)

    def turn(_: Any, x: jax.Array) -> jax.Array:
        return spatial.pointwise(weights, spatial.depthwise(jax.nn.relu(x), taps, kernel, dilation, size, 1))

    with mock.patch.object(spatial, "by_shifts", lambda *_: shifts):  # asked while the program is traced
        program = jax.jit(lambda x: jax.lax.fori_loop(0, TURNS, turn, x)).lower(x).compile()
    return 1000 * median_seconds(lambda _: jax.block_until_ready(program(x)), TURNS, repeats)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    rows = [
        {
            "channels": channels,
            "size": size,
            "kernel": name,
            **{
                way: round(milliseconds(channels, size, *kernel, way == "shifts", arguments.repeats), 4)
                for way in ("matrix", "shifts")
            },
        }
        for channels, size in MAPS
        for name, kernel in KERNELS.items()
    ]
    print(write_result(arguments.json, {"batch": BATCH, "repeats": arguments.repeats, "milliseconds": rows}))


if __name__ == "__main__":
    main()
