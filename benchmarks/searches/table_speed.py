"""Claim: a search on a table evaluates 11,000 to 39,000 candidates a second in memory, 3,500 and more with a folder.

    python -m benchmarks.searches.table_speed --json benchmarks/results/MACHINE/table_speed.json

Whole searches, with their histories, on the synthetic table of NAS-Bench-201's 15,625 cells. `first`: an algorithm's
first search in the process, in which canonical forms have to be found; `warm`: the best of those after it. With a
folder: everything that `run_search` writes, the figures and the page at the end told apart. Seconds are the process's
own, all its threads together, and by the wall.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common.result_file import write_result
from econas_jax.algorithms import ALGORITHMS, CONFIGS, RegularizedEvolutionConfig
from econas_jax.search import Reporter, SearchConfig, run_search
from econas_jax.search.admission import refusing
from econas_jax.search.in_memory import search_in_memory
from econas_jax.search.table_preparation import counted_cost
from econas_jax.search.workdir import Workdir
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.tables import Table, TabularEvaluator, save_table
from econas_jax.tables.family import TableFamily
from econas_jax.tables.synthetic import synthetic_table

SPACE = NasBench201Space()
EPOCHS = 60
# Of the algorithms that have no default as short as this.
SHORT: dict[str, Any] = {"regularized_evolution": RegularizedEvolutionConfig(candidates=2_000, epochs=EPOCHS)}


def timed(run: Callable[[], int]) -> dict[str, float]:
    """Runs a search, which returns how many stages it had; returns evaluations a second of both clocks."""
    wall, own = time.perf_counter(), time.process_time()
    stages = run()
    own, wall = time.process_time() - own, time.perf_counter() - wall
    return {"stages": stages, "a_second_of_the_process": stages / own, "a_second_by_the_wall": stages / wall}


def in_memory(table: Table, algorithm: str) -> dict[str, float]:
    """Times one search without a folder."""
    config = SHORT.get(algorithm, CONFIGS[algorithm]())
    family = TableFamily(SPACE, table, counted_cost(SearchConfig(space=SPACE)))
    evaluator = TabularEvaluator(table, workers=8)
    searcher = ALGORITHMS[algorithm](SPACE, config, 0, refusing(SPACE, config, 1, family.cost))
    return timed(lambda: len(search_in_memory(searcher, family, evaluator).stages))


def with_a_folder(file: Path, folder: Path, candidates: int) -> dict[str, float]:
    """Times `run_search`; `at_the_end`: seconds that the result, the figures and the page take."""
    search = RegularizedEvolutionConfig(candidates=candidates, epochs=EPOCHS)
    config = SearchConfig(algorithm="regularized_evolution", space=SPACE, search=search, table=str(file))
    at_the_end = [0.0]
    write = Workdir.write_result

    def write_timed(*arguments: Any, **named: Any) -> None:
        begun = time.perf_counter()
        write(*arguments, **named)
        at_the_end[0] += time.perf_counter() - begun

    Workdir.write_result = write_timed  # type: ignore[method-assign]
    try:
        figures = timed(lambda: len(run_search(config, folder, Reporter(show=False)).stages))
    finally:
        Workdir.write_result = write  # type: ignore[method-assign]
    wall = figures["stages"] / figures["a_second_by_the_wall"]
    without = figures["stages"] / (wall - at_the_end[0])
    return figures | {"at_the_end": at_the_end[0], "a_second_by_the_wall_before_the_end": without}


def main() -> None:
    """Measures, and writes or prints the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--candidates", type=int, default=20_000, help="of the search with a folder")
    options = parser.parse_args()
    table = synthetic_table(SPACE, EPOCHS)
    result: dict[str, Any] = {"epochs": EPOCHS, "in_memory": {}, "with_a_folder": []}
    for algorithm in ("regularized_evolution", *(name for name in ALGORITHMS if name != "regularized_evolution")):
        cold, *others = [in_memory(table, algorithm) for _ in range(1 + options.repeats)]
        warm = max(others, key=lambda figures: figures["a_second_of_the_process"])
        result["in_memory"][algorithm] = {"first": cold, "warm": warm}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.npz"
        save_table(file, table)
        for repeat in range(options.repeats):
            result["with_a_folder"].append(with_a_folder(file, Path(folder) / str(repeat), options.candidates))
    print(write_result(options.json, result))


if __name__ == "__main__":
    main()
