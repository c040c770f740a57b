"""Makes the documents' tables of measurements from the files in results/.

    python -m benchmarks.tables FILE.md ...

Replaces each table between its marks, `<!-- table: NAME -->` and `<!-- end of table -->`; NAME is a key of `TABLES`. A
test compares the documents with what this script would make of them.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.markdown_tables import markdown, read
from benchmarks.search_tables import SEARCH_TABLES
from benchmarks.study_tables import STUDY_TABLES
from econas_jax.spaces.proxy import CHANNELS, RESOLUTIONS

BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def search() -> str:
    """Returns the populations over a search."""
    header = ["cycle", "P_E (3 epochs)", "P_2E (6)", "P_3E (9)", "best so far, highest rung", "seconds"]
    cycles = read("epyc_zen5/cifar10_small/summary.json")["cycles"]
    rows = [
        [
            str(cycle["cycle"]),
            *("-" if mean is None else f"{100 * mean:.2f} %" for mean in cycle["mean_accuracies"].values()),
            f"{100 * cycle['best_accuracy']:.2f} %",
            f"{cycle['seconds']:,.0f}",
        ]
        for cycle in cycles
        if cycle["cycle"] == 1 or cycle["cycle"] % 5 == 0
    ]
    return markdown(header, rows)


def steps() -> str:
    """Returns a training step against the released code's, by round."""
    header = ["released code", "econas_jax", "ratio of means", "ratio by genotype"]
    header.append("our compilation, once for all genotypes (s)")

    def cells(row: Any) -> list[str]:
        return [
            f"{statistics.mean(row['released_seconds']):.3f}",
            f"{statistics.mean(row['our_seconds']):.3f}",
            f"{row['ratio_of_means']:.2f}",
            f"{min(row['ratios']):.1f} to {max(row['ratios']):.1f}",
            f"{row['our_compile_seconds']:.0f}",
        ]

    return _by_round("epyc_zen4/against_released.json", header, cells)


STARTS = ("from_nothing", "from_the_cache")


def retraining() -> str:
    """Returns a retraining step of published cells against quark0/darts's, of two runs."""
    runs = (read(f"epyc_zen4/{name}.json")["genotypes"] for name in ("against_darts", "against_darts_zoo"))
    return _against_darts("cell", {cell: row for run in runs for cell, row in run.items()})


def search_in_a_supernet() -> str:
    """Returns steps of a search in the DARTS supernet against quark0/darts's."""
    return _against_darts("step", read("epyc_zen5/against_darts_search.json")["cases"])


def _against_darts(what: str, found: Any) -> str:
    """Returns a row for each summary of `benchmarks.peers.against_darts`, by its name."""
    header = [what, "quark0/darts (s)", "econas_jax (s)", "times as fast", "peak memory (GB)", "our compilation (s)"]

    def cells(name: str, row: Any) -> list[str]:
        seconds = [f"{row[side]:.1f}" for side in ("darts_seconds", "our_seconds")]
        memory = " and ".join(f"{row[side] / 1e9:.1f}" for side in ("darts_peak_bytes", "our_peak_bytes"))
        compilation = " and ".join(f"{row['compile_cpu_seconds'][start]:.0f}" for start in STARTS)
        return [name, *seconds, f"{row['ratio']:.2f}", memory, compilation]

    return markdown(header, [cells(name, row) for name, row in found.items()])


def retrained() -> str:
    """Returns the test errors of cells retrained at equal cost."""
    result = read("epyc_zen3/retrained_cells.json")
    rows = []
    for cell, found in result["summary"].items():
        runs = [row for row in result["runs"] if row["cell"] == cell]
        errors = ", ".join(f"{100 * (1 - row['test_accuracy']):.2f}" for row in runs)
        size = [f"{runs[0]['channels']}", f"{runs[0]['parameters']:,}", f"{runs[0]['multiply_adds'] / 1e6:.2f} M"]
        rows.append([cell, *size, errors, f"{found['mean_test_error']:.2f} ± {found['standard_deviation']:.2f}"])
    header = ["cell", "channels", "parameters", "multiply-adds", "test error by seed (%)", "mean ± standard deviation"]
    return markdown(header, rows)


def gpu() -> str:
    """Returns a candidate's training step on a GPU by lanes, as ranges over the rounds."""
    rounds = read("h200/gpu_against_released.json")["rounds"]
    found: dict[tuple[int, str], list[tuple[float, float, int]]] = {}
    for row in rounds:
        released = statistics.mean(row["released"]["step_seconds"])
        for step in row["ours"]:
            own = statistics.mean(step["step_seconds"])
            of_setting = found.setdefault((step["setting"]["lanes"], step["compute_dtype"]), [])
            of_setting.append((1e3 * own, released / own, step["peak_device_bytes"]))
    released_ms = [1e3 * statistics.mean(row["released"]["step_seconds"]) for row in rounds]
    rows = [["released code, float32", _range(released_ms, 1), "1", ""]]
    for (lanes, dtype), measured in found.items():
        milliseconds, ratios, memory = (list(values) for values in zip(*measured, strict=True))
        cells = _range(milliseconds, 2), _range(ratios, 1), f"{max(memory) / 1e9:.2f}"
        rows.append([f"{lanes} at a time, {dtype}" if lanes > 1 else f"one at a time, {dtype}", *cells])
    return markdown(["candidates", "ms a candidate's step", "times as fast", "GPU memory (GB)"], rows)


def _range(values: Sequence[float], digits: int) -> str:
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def end_to_end() -> str:
    """Returns whole processes against the released code's, by round."""

    def cells(row: Any) -> list[str]:
        return [
            f"{row['released_seconds']:,.0f}",
            f"{row['our_seconds']:,.0f}",
            f"{row['released_candidates_an_hour']:.0f} and {row['our_candidates_an_hour']:.0f}",
            f"{row['ratio']:.2f}",
        ]

    header = ["released code (s)", "econas_jax (s)", "candidates an hour", "ratio"]
    return _by_round("epyc_zen4/end_to_end.json", header, cells)


def _by_round(name: str, header: Sequence[str], cells: Callable[[Any], Sequence[str]]) -> str:
    rows = [[str(number), *cells(row)] for number, row in enumerate(read(name)["rounds"], 1)]
    return markdown(["round", *header], rows)


def grid() -> str:
    """Returns the speed of each pair over a naive Flax network, and over our own c0r0."""
    cells = {
        (row["channels"], row["resolution"]): f"{row['naive_over_ours']:.1f}x; {row['ours_speedup']:.1f} of "
        f"{row['nominal_speedup']}"
        for row in read("epyc_zen3/proxy_grid.json")["rows"]
    }
    header = ["channels", *(f"{size}x{size}" for size in RESOLUTIONS)]
    rows = [[str(c), *(cells.get((c, size), "not measured") for size in RESOLUTIONS)] for c in CHANNELS]
    return markdown(header, rows)


def parts() -> str:
    """Returns what each operation adds to a step."""
    result = read("epyc_zen4/step_parts.json")
    header = ["all edges", "step (ms)", "over `none`", "arithmetic at best", "memory at best"]
    numbers = ("step_ms", "over_none_ms", "arithmetic_floor_ms", "memory_floor_ms")
    rows = [[f"`{name}`", *(f"{row[key]:.0f}" for key in numbers)] for name, row in result["operations"].items()]
    return markdown(header, rows)


def pipeline() -> str:
    """Returns images a second of a stream and of torchvision, by what is done to an image."""

    def cells(case: str, row: Any) -> list[str]:
        rates = row["images_a_processor_second"]
        medians = (f"{statistics.median(rates[whose]):.0f}" for whose in ("ours", "torchvision"))
        return [case, *medians, f"{min(rates['ratios']):.2f} to {max(rates['ratios']):.2f}"]

    header = ["images a second of processor time", "econas_jax", "torchvision", "ratio by epoch"]
    cases = read("epyc_zen4/pipeline.json")["cases"]
    return markdown(header, [cells(case, row) for case, row in cases.items()])


def profile() -> str:
    """Returns the time of a step by kind of work."""
    result = read("epyc_zen4/step_profile.json")
    total, quarters = result["profiled_ms"], result["in_quarters"]["kinds_ms"]
    rows = [
        [kind, f"{ms:.1f}", f"{ms / total:.0%}", f"{quarters.get(kind, 0.0):.1f}"]
        for kind, ms in result["kinds_ms"].items()
    ]
    bound = result["products_alone_ms"]
    rows.append(
        ["products, each at the best rate XLA reaches for its shape", f"{bound:.1f}", f"{bound / total:.0%}", ""]
    )
    return markdown(["kind of work", "ms a step", "share", "ms in four steps of a quarter of the batch"], rows)


def start() -> str:
    """Returns the time and memory of a start, part by part."""
    result = read("epyc_zen4/start_profile.json")
    kinds = {"cold": "from nothing", "cached": "from the cache"}
    columns = [label.format(kind) for label in ("{} (s)", "most memory, {} (MB)") for kind in kinds.values()]
    rows = [
        [
            name,
            *(f"{result[kind]['parts'][name]['seconds']:.1f}" for kind in kinds),
            *(f"{result[kind]['parts'][name]['peak_bytes'] / 1e6:.0f}" for kind in kinds),
        ]
        for name in result["cached"]["parts"]
    ]
    return markdown(["part", *columns], rows)


def headline() -> str:
    """Returns the README's five numbers."""
    steps, whole = read("epyc_zen4/against_released.json"), read("epyc_zen4/end_to_end.json")["rounds"][0]
    start, kills = read("epyc_zen4/compile_time.json"), read("epyc_zen4/reliability.json")["kills"]
    own, released = (
        statistics.mean(statistics.mean(row[f"{side}_seconds"]) for row in steps["rounds"])
        for side in ("our", "released")
    )
    cold, cached = (start[kind]["median_compile_seconds"] for kind in ("cold", "cached"))
    killed, killed_searches = sum(kills["kills"].values()), kills["searches"]
    rows = [
        [
            "a candidate's training step, one CPU core",
            f"{1e3 * own:.0f} ms",
            f"{1e3 * released:,.0f} ms: {released / own:.1f} x",
        ],
        ["a whole search of 8 candidates, two cores", f"{whole['our_seconds']:.0f} s", _times(whole)],
        [*_on_gpu(lanes=16, dtype="float32")],
        ["compilation, once for all architectures", f"{cold:.0f} s; {cached:.0f} s from the cache", "none"],
        [
            "searches killed at any moment",
            f"{killed} kills of {killed_searches} searches: results equal bit for bit",
            "",
        ],
    ]
    return markdown(["what", "econas_jax", "EcoNAS's released PyTorch code"], rows)


def _times(whole: Any) -> str:
    return f"{whole['released_seconds']:,.0f} s: {whole['ratio']:.1f} x"


def _on_gpu(lanes: int, dtype: str) -> tuple[str, str, str]:
    """Returns a candidate's step on the GPU with so many at a time, and the released code's in the same rounds."""
    pairs = [
        (statistics.mean(step["step_seconds"]), statistics.mean(row["released"]["step_seconds"]))
        for row in read("h200/gpu_against_released.json")["rounds"]
        for step in row["ours"]
        if (step["setting"]["lanes"], step["compute_dtype"]) == (lanes, dtype)
    ]
    own, released = (statistics.mean(seconds) for seconds in zip(*pairs, strict=True))
    what = f"a candidate's training step, H200, {lanes} at a time"
    return what, f"{1e3 * own:.1f} ms", f"{1e3 * released:.0f} ms, one at a time: {released / own:.0f} x"


TABLES: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        *(
            headline,
            search,
            steps,
            retraining,
            search_in_a_supernet,
            retrained,
            gpu,
            end_to_end,
            grid,
            parts,
            pipeline,
            profile,
            start,
        ),
        *SEARCH_TABLES,
        *STUDY_TABLES,
    )
}


def with_tables(text: str) -> str:
    """Returns the text with each marked table made anew."""
    return BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[3], text)


def main() -> None:
    """Runs the command."""
    for name in sys.argv[1:]:
        Path(name).write_text(with_tables(Path(name).read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
