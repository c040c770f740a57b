"""The cost of all 25 pairs of channels and resolution (c0..c4 x r0..r4), ours and a naive Flax network's, on one core.

    python -m benchmarks.step.proxy_grid --json OUT

Claims, for each pair and over the same genotypes: the mean of the genotypes' median step seconds by proxy_step
(compiled once) and by naive_flax (compiled for each genotype), their ratio, and how much faster than c0r0 each is,
beside the paper's nominal 2^(c+r). Compilation is reported but not counted in a step. Every pair is measured by one
process of each side, in turn, pinned to one core. The largest setting at N = 6 and batch 384 needs more memory than
most machines have, so N and the batch are smaller here, the same for all pairs, and written into the result.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common.paths import GENOTYPES
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result
from econas_jax.spaces.proxy import CHANNELS, RESOLUTIONS

SIDES = {"ours": "step.proxy_step", "naive": "step.naive_flax"}


def measure(name: str, genotypes: Path, channels: int, resolution: int, arguments: argparse.Namespace) -> Any:
    """Returns what a script writes for one pair."""
    setting = {
        "genotypes": genotypes,
        "channels": channels,
        "resolution": resolution,
        "cells-per-stage": arguments.cells_per_stage,
        "batch": arguments.batch,
        "steps": arguments.steps,
        "repeats": arguments.repeats,
    }
    flags = [f"--{field}={number}" for field, number in setting.items()]
    return run_pinned([*script(name), *flags], {arguments.core})


def row(genotypes: Path, c: int, r: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measures one pair on both sides."""
    sides = {side: measure(name, genotypes, CHANNELS[c], RESOLUTIONS[r], arguments) for side, name in SIDES.items()}
    steps = {side: statistics.mean(result["step_seconds"]) for side, result in sides.items()}
    return {
        "proxy": f"c{c}r{r}",
        "channels": CHANNELS[c],
        "resolution": RESOLUTIONS[r],
        **{f"{side}_step_seconds": result["step_seconds"] for side, result in sides.items()},
        **{f"{side}_compile_seconds": result["compile_seconds"] for side, result in sides.items()},
        "naive_over_ours": steps["naive"] / steps["ours"],
        "nominal_speedup": 2 ** (c + r),
    }


def with_speedups(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adds to each row how many times as fast as the first one (c0r0) it is."""
    return [
        one
        | {
            f"{side}_speedup": statistics.mean(rows[0][f"{side}_step_seconds"])
            / statistics.mean(one[f"{side}_step_seconds"])
            for side in SIDES
        }
        for one in rows
    ]


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", type=int, default=2, help="how many of genotypes.txt")
    parser.add_argument("--cells-per-stage", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    lines = GENOTYPES.read_text(encoding="utf-8").splitlines()[: arguments.genotypes]
    setting = {name: value for name, value in vars(arguments).items() if isinstance(value, int) and name != "core"}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        genotypes = Path(folder) / "genotypes.txt"
        genotypes.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for c in range(len(CHANNELS)):
            for r in range(len(RESOLUTIONS)):
                rows.append(row(genotypes, c, r, arguments))
                print(f"{rows[-1]['proxy']}: naive / ours {rows[-1]['naive_over_ours']:.2f}", flush=True)
                result = {"setting": setting, "genotypes": lines, "rows": with_speedups(rows)}
                write_result(arguments.json, result)  # after each pair: the whole grid takes long


if __name__ == "__main__":
    main()
