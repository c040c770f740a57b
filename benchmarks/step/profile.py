"""A training step's time by the kind of XLA's operations, and how fast its products could be at best.

    GLIBC_TUNABLES=glibc.malloc.hugetlb=1 python -m benchmarks.step.profile --json OUT

Claims, for c4r4 (9 channels, 8x8, N = 6, batch 384) on one pinned core, as means over the genotypes of genotypes.txt:
 - the profiler's milliseconds of a step by kind (products, shifted sums, reductions, other passes over arrays, copies,
   fills), over all operations that contain no others;
 - `in_quarters`: the same for four steps with a quarter of the batch, whose arrays fit into the next cache;
 - for each shape of a product its milliseconds, its rate in the step, and its rate alone, in a loop that does nothing
   else; `products_alone_ms` is the time of the step's products at the better of the two rates;
 - `passes_in_cache_ms`: the time of reductions, other passes, copies and fills at the rate at which a single state in
   the cache is read and written (core_rates), if each read only as much as it writes; `passes_in_stage_ms`: the same at
   the rate of all states of the first stage, which go through the cache in turn.
"""

from __future__ import annotations

import argparse
import collections
import functools
import gzip
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.common.benchmark_task import BATCH, benchmark_task, choose_devices, initializer, random_images
from benchmarks.common.epoch_timing import one_after_another
from benchmarks.common.hlo_kinds import Product, bytes_moved, kinds
from benchmarks.common.hlo_text import Program
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import median_seconds, read_genotypes
from benchmarks.step.core_rates import core_rates
from econas_jax.training.compile.compilation import compile_program
from econas_jax.training.epoch import empty_scratch, train_epoch_within

PASSES = ("reductions", "other passes", "copies", "fills")
STEPS = 4
OPERANDS, TURNS = 4, 40  # a product alone: different pairs of operands, and turns of its loop


def events(folder: Path) -> Iterator[tuple[str, float]]:
    """Yields the profiled operations: name and milliseconds."""
    [file] = folder.glob("**/*.trace.json.gz")
    for event in json.loads(gzip.decompress(file.read_bytes()))["traceEvents"]:
        if event.get("ph") == "X" and "hlo_op" in event.get("args", {}):
            yield event["args"]["hlo_op"], event["dur"] / 1000


def alone(product: Product) -> float:
    """Returns the multiply-adds a second of a product in a loop that does nothing else."""
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
        # The operands depend on the turn before, so that nothing moves out of the loop.
        held = jax.lax.optimization_barrier((total, *operands))[1:]
        return sum(
            (jax.lax.dot_general(held[2 * i], held[2 * i + 1], dimensions)[..., :1, :1].sum() for i in range(OPERANDS)),
            total,
        )

    program = jax.jit(lambda start: jax.lax.fori_loop(0, TURNS, turn, start)).lower(jnp.zeros(())).compile()
    seconds = median_seconds(lambda _: jax.block_until_ready(program(jnp.zeros(()))), TURNS * OPERANDS, 5)
    return product.multiply_adds / seconds


class Work(NamedTuple):
    """The work of one kind in a step, as means over genotypes; bytes are counted for passes only."""

    milliseconds: float
    calls: float
    bytes: float


class Profile(NamedTuple):
    """The time of a step without the profiler, and its work by kind."""

    step_ms: float
    work: dict[str | Product, Work]


def profile(batch: int) -> Profile:
    """Profiles a training step with this batch size, as means over the genotypes."""
    task, genotypes = benchmark_task(batch=batch), read_genotypes()
    split, init, memory = random_images(STEPS * batch), initializer(task), jax.jit(lambda: empty_scratch(task))
    epoch, first = jax.jit(functools.partial(train_epoch_within, task), donate_argnums=0), genotypes[0].encode()
    program = compile_program(epoch, (init(first), memory()), first, np.int32(0), split)
    text, seconds = Program(program.as_text() or ""), []
    times: list[tuple[str, float]] = []
    for genotype in genotypes:
        encoded = genotype.encode()
        run_epoch = one_after_another(program, (init(encoded), memory()), encoded, split)
        seconds.append(median_seconds(run_epoch, STEPS, 3))
        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                run_epoch(0)
            times += events(Path(folder))
    return Profile(1000 * statistics.mean(seconds), _by_kind(text, times, STEPS * len(genotypes)))


def _by_kind(text: Program, times: Sequence[tuple[str, float]], steps: int) -> dict[str | Product, Work]:
    """Returns the work of one step by kind, the longest first; times: the operations of `steps` steps."""
    kind_of, moved = kinds(text), bytes_moved(text)
    total: dict[str | Product, np.ndarray] = collections.defaultdict(lambda: np.zeros(len(Work._fields)))
    for name, milliseconds in times:
        if name in kind_of:
            kind = kind_of[name]
            total[kind] += (milliseconds, 1, moved[name] if kind in PASSES else 0)
    work = {kind: Work(*(sums / steps).tolist()) for kind, sums in total.items()}
    return dict(sorted(work.items(), key=lambda item: -item[1].milliseconds))


def kinds_ms(work: dict[str | Product, Work], times: int = 1) -> dict[str, float]:
    """Returns the milliseconds of `times` steps, of all products together and of each other kind."""
    products = sum(done.milliseconds for kind, done in work.items() if isinstance(kind, Product))
    others = {kind: times * done.milliseconds for kind, done in work.items() if isinstance(kind, str)}
    return {"products": times * products} | others


def measure() -> dict[str, Any]:
    """Measures on this process's core."""
    choose_devices(1)
    jax.config.update("jax_enable_compilation_cache", False)
    step_ms, work = profile(BATCH)
    quarter = profile(BATCH // 4)
    products, alone_ms = [], 0.0
    for kind, (milliseconds, calls, _) in work.items():
        if isinstance(kind, Product):
            multiply_adds, rate_alone = calls * kind.multiply_adds, alone(kind)
            rate = 1000 * multiply_adds / milliseconds
            rates = {"milliseconds": milliseconds, "calls": calls, "rate": rate, "rate_alone": rate_alone}
            products.append(kind._asdict() | rates)
            alone_ms += 1000 * multiply_adds / max(rate, rate_alone)
    return {
        "step_ms": step_ms,
        "profiled_ms": sum(done.milliseconds for done in work.values()),
        "operations": sum(done.calls for done in work.values()),
        "kinds_ms": kinds_ms(work),
        "in_quarters": {"step_ms": 4 * quarter.step_ms, "kinds_ms": kinds_ms(quarter.work, 4)},
        "products_alone_ms": alone_ms,
        "passes_bytes": sum(done.bytes for done in work.values()),
        "products": products,
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)  # for the process started here
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.measure:
        write_result(arguments.json, measure())
    else:
        rates = core_rates({arguments.core})
        result = run_pinned([*script("step.profile"), "--measure"], {arguments.core})
        bounds = {"passes_in_cache_ms": "bytes_a_second", "passes_in_stage_ms": "stage_bytes_a_second"}
        at_best = {name: 1000 * result["passes_bytes"] / rates[rate] for name, rate in bounds.items()}
        write_result(arguments.json, at_best | result)


if __name__ == "__main__":
    main()
