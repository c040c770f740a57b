"""Whether weight sharing is a proxy: supernets rank the networks of the small study, several seeds each, on CIFAR-10.

    python -m benchmarks.searches.weight_sharing --data DIR --workdir RUNS --out OUT

Each run is `econas-jax supernet --config one_shot_small:METHOD`. Its processor seconds are those of the whole process,
after a first short one that only compiles. Keeps result.json and ranking.jsonl of each run, and writes summary.json:
what the study's analysis says of these ranks beside its proxies. A finished search whose ranking.jsonl is deleted only
ranks, so that supernets once trained rank the networks of another study (`--study`), too.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.paths import REPOSITORY, RESULTS
from benchmarks.common.result_file import write_result
from econas_jax.study import Analysis, Coefficient, Row, StudyTable, analyse, compare_proxies, read_table
from econas_jax.supernet.ranking import RANKING_FILE, read_ranking
from econas_jax.supernet.workdir import RESULT_FILE

STUDY = RESULTS / "epyc_zen4" / "study_small"
CONFIG = REPOSITORY / "configs" / "one_shot_small.py"
BESIDE = "c4r4s3e2"  # the cheapest proxy of the study, with as many channels and pixels as the supernets
METHODS = ("one_shot", "smash")
# As many images in a batch as in the runs, so that the same program is compiled.
SHORT = {"proxy.epochs": 1, "proxy.sample_ratio": 0.03125, "search.candidates": 1, "search.standalone": STUDY}


def run(method: str, workdir: Path, data: Path, fields: Mapping[str, Any]) -> float:
    """Runs a search to its end, or goes on with it; returns the processor seconds of the process."""
    values = {"data.path": data, **fields}
    command = [sys.executable, "-m", "econas_jax.supernet", f"--config={CONFIG}:{method}", f"--workdir={workdir}"]
    before = _processor_seconds()
    flags = (f"--config.{field}={value}" for field, value in values.items())
    subprocess.run([*command, *flags], check=True, cwd=REPOSITORY)
    return _processor_seconds() - before


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def keep(workdir: Path, out: Path) -> None:
    """Copies what a reader needs of a run."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (RESULT_FILE, RANKING_FILE):
        shutil.copy(workdir / name, out / name)


def rows(folder: Path, name: str, seed: int) -> list[Row]:
    """Returns the study's networks as a run's supernet ranks them, as rows of the study's table."""
    ranked = [each for each in read_ranking(folder / RANKING_FILE) if each.standalone is not None]
    return [Row(str(number), name, seed, None, each.accuracy, None, None) for number, each in enumerate(ranked)]


def analysed(study: Path, runs: Sequence[Mapping[str, Any]], out: Path) -> dict[str, Any]:
    """Returns what the study's analysis says of each run's ranks, and of each method's mean accuracies over seeds."""
    table = read_table(study / "table.csv")
    original = json.loads((study / "config.json").read_text(encoding="utf-8"))["config"]["original"]
    ranked = [
        row
        for each in runs
        for name in (each["name"], each["method"])  # of one name, a table takes the means over seeds
        for row in rows(out / each["name"], name, each["seed"])
    ]
    table = StudyTable((*table.rows, *ranked))
    analysis = analyse(table, original)
    return {name: _numbers(analysis, table, name) for name in dict.fromkeys(row.proxy for row in ranked)}


def _numbers(analysis: Analysis, table: StudyTable, name: str) -> dict[str, Any]:
    result, difference = analysis.result(name), compare_proxies(analysis, name, BESIDE).difference
    accuracies = table.accuracies(name).tolist()
    return {
        "spearman": _with_interval(result.rho),
        "kendall": _with_interval(result.tau),
        "chance": result.chance,
        f"less_{BESIDE}": _with_interval(difference),
        "mean_accuracy": statistics.mean(accuracies),
        "standard_deviation": statistics.stdev(accuracies),
    }


def _with_interval(found: Coefficient | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "interval": found.interval and [found.interval.low, found.interval.high]}


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where CIFAR-10 lies, as --config.data.path")
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--study", type=Path, default=STUDY, help="the folder of the study whose networks are ranked")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    for method in arguments.methods:
        run(method, arguments.workdir / f"{method}_short", arguments.data, SHORT)
        for seed in range(arguments.seeds):
            name = f"{method}_{seed}"
            fields = {"seed": seed, "search.standalone": arguments.study.resolve()}
            seconds = run(method, arguments.workdir / name, arguments.data, fields)
            keep(arguments.workdir / name, arguments.out / name)
            runs.append({"name": name, "method": method, "seed": seed, "processor_seconds": round(seconds, 1)})
            result = {"runs": runs, "analysis": analysed(arguments.study, runs, arguments.out)}
            write_result(arguments.out / "summary.json", result)


if __name__ == "__main__":
    main()
