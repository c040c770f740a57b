"""Where a training step's time goes by the kind of XLA's operations, and how fast its products could be at all.

    GLIBC_TUNABLES=glibc.malloc.hugetlb=1 python benchmarks/step_profile.py --json benchmarks/results/step_profile.json

Claims, for c4r4 (9 channels, 8x8, N = 6, batch 384) on one pinned core, as means over the genotypes of genotypes.txt:
the milliseconds of a step by the profiler, by kind (products, shifted sums, reductions, other passes over arrays,
copies, fills), of all operations that hold no others; and for each shape of a product its milliseconds, its rate in the
step, and its rate alone, in a loop that does nothing else. `products_alone_ms` is what the step's products take at the
better of the two rates: XLA offers no faster product, so no program of these products takes less.
`passes_in_cache_ms` is what reductions, other passes, copies and fills take at the rate at which one state is read and
written over and over, in the cache (core_rates.py), each reading as much as it writes and no more.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmark_task import benchmark_task, random_split
from core_rates import core_rates
from hlo_kinds import Product, bytes_moved, kinds
from hlo_text import Program
from pinned import HERE, run_pinned
from result_file import write_result
from step_command import median_seconds, read_genotypes

from econas_jax.training import Images, init_state, train_epoch

PASSES = ("reductions", "other passes", "copies", "fills")
CHANNELS, RESOLUTION, CELLS, BATCH, STEPS = 9, 8, 6, 384, 4
OPERANDS, TURNS = 4, 40  # a product alone: so many different operands, so many times


def events(folder: Path) -> Iterator[tuple[str, float]]:
    """The profiled operations: name and milliseconds."""
    [file] = folder.glob("**/*.trace.json.gz")
    for event in json.loads(gzip.decompress(file.read_bytes()))["traceEvents"]:
        if event.get("ph") == "X" and "hlo_op" in event.get("args", {}):
            yield event["args"]["hlo_op"], event["dur"] / 1000


def alone(product: Product) -> float:
    """Multiply-adds a second in a loop that does nothing else."""
    batch, rows, columns, depth, transposed = product
    right = (batch, columns, depth) if transposed else (batch, depth, columns)
    rng = np.random.default_rng(0)
    operands = [
        jnp.asarray(rng.standard_normal(shape, np.float32).reshape(shape if batch > 1 else shape[1:]))
        for _ in range(OPERANDS)
        for shape in ((batch, rows, depth), right)
    ]
    batched = ((0,), (0,)) if batch > 1 else ((), ())
    last = 2 if batch > 1 else 1
    dimensions = (((last,), (last if transposed else last - 1,)), batched)

    def turn(_: Any, total: jax.Array) -> jax.Array:
        # The operands depend on the turn before: nothing moves out of the loop.
        held = jax.lax.optimization_barrier((total, *operands))[1:]
        return sum(
            (jax.lax.dot_general(held[2 * i], held[2 * i + 1], dimensions)[..., :1, :1].sum() for i in range(OPERANDS)),
            total,
        )

    program = jax.jit(lambda start: jax.lax.fori_loop(0, TURNS, turn, start)).lower(jnp.zeros(())).compile()
    seconds = median_seconds(lambda _: jax.block_until_ready(program(jnp.zeros(()))), TURNS * OPERANDS, 5)
    return product.multiply_adds / seconds


def measure() -> dict[str, Any]:
    """Of this process's core."""
    genotypes = read_genotypes(HERE / "genotypes.txt")
    task = benchmark_task(CHANNELS, CELLS, RESOLUTION, BATCH)
    images = random_split(STEPS * BATCH)
    split = jax.device_put(Images(images.images, images.labels))  # type: ignore[arg-type]
    epoch = jax.jit(lambda *inputs: train_epoch(task, *inputs))
    init = jax.jit(lambda genotype: init_state(task, 0, genotype))
    state = init(genotypes[0].encode())
    program = epoch.lower(state, genotypes[0].encode(), split, np.int32(0)).compile()
    text = Program(program.as_text() or "")
    kind_of, moved, passes_bytes = kinds(text), bytes_moved(text), 0.0
    times: dict[str | Product, float] = collections.defaultdict(float)
    calls: collections.Counter[str | Product] = collections.Counter()
    timed = 0.0
    for genotype in genotypes:
        inputs = (init(genotype.encode()), genotype.encode(), split, np.int32(0))
        timed += median_seconds(lambda _, inputs=inputs: jax.block_until_ready(program(*inputs)), STEPS, 3)  # type: ignore[misc]
        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                jax.block_until_ready(program(*inputs))
            for name, milliseconds in events(Path(folder)):
                if name in kind_of:
                    times[kind_of[name]] += milliseconds / STEPS / len(genotypes)
                    calls[kind_of[name]] += 1
                    if kind_of[name] in PASSES:
                        passes_bytes += moved[name] / STEPS / len(genotypes)
    products = []
    for product in sorted((kind for kind in times if isinstance(kind, Product)), key=lambda kind: -times[kind]):
        count = calls[product] / STEPS / len(genotypes)
        row = {"milliseconds": times[product], "calls": count}
        row["rate"] = 1000 * count * product.multiply_adds / times[product]
        row["rate_alone"] = alone(product)
        products.append(product._asdict() | row)
    best = [
        1000 * row["calls"] * product.multiply_adds / max(row["rate"], row["rate_alone"])
        for row, product in ((row, Product(*list(row.values())[:5])) for row in products)
    ]
    by_kind = {kind: times[kind] for kind in sorted(times, key=lambda kind: -times[kind]) if isinstance(kind, str)}
    return {
        "step_ms": 1000 * timed / len(genotypes),
        "profiled_ms": sum(times.values()),
        "kinds_ms": {"products": sum(row["milliseconds"] for row in products)} | by_kind,
        "products_alone_ms": sum(best),
        "passes_bytes": passes_bytes,
        "products": products,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)  # of the process this script starts
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.measure:
        write_result(arguments.json, measure())
    else:
        rate = core_rates({arguments.core})["bytes_a_second"]
        result = run_pinned([sys.executable, __file__, "--measure"], {arguments.core})
        write_result(arguments.json, {"passes_in_cache_ms": 1000 * result["passes_bytes"] / rate} | result)


if __name__ == "__main__":
    main()
