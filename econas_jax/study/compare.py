"""Two proxies side by side: what they cost, how well they keep ranks, which of the best networks they keep.

    python benchmarks/compare_proxies.py c4r4s3e4 c2r2s3e2 --config configs/study_small.py --networks 16 --path DIR
    python benchmarks/compare_proxies.py c4r4s0e60 c4r4s0e30 --table runs/study/table.csv --original c0r0s0e600

The first form trains what is missing (the original setting too); in the workdir of an earlier study of the same config
it only adds the rows it lacks. The second takes a table that is there. Claims nothing beyond its networks: the
intervals are 95 % bootstrap intervals over them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
from pathlib import Path

from econas_jax.search import Reporter
from econas_jax.study import Analysis, analyse, compare, read_any_table
from econas_jax.study.config import StudyConfig, from_mapping
from econas_jax.study.runner import run_study


def load_config(path: Path) -> StudyConfig:
    """The study that a config file describes."""
    specification = importlib.util.spec_from_file_location("study_config", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return from_mapping(module.get_config())


def train(arguments: argparse.Namespace) -> Analysis:
    """A study of these two proxies alone."""
    config = load_config(arguments.config)
    config = dataclasses.replace(
        config,
        networks=arguments.networks or config.networks,
        grid=dataclasses.replace(config.grid, epochs=()),
        proxies=(arguments.first, arguments.second),
        data=dataclasses.replace(config.data, path=arguments.path or config.data.path),
    )
    return run_study(config, arguments.workdir, Reporter()).analysis


def as_markdown(analysis: Analysis, first: str, second: str) -> str:
    """A row a proxy, and the difference of their rho."""
    results = [analysis.result(first), analysis.result(second)]
    kept = [f"best {size.top} in best {size.kept}" for size in results[0].retention]
    header = ["proxy", "rho", "tau", *kept, "times fewer multiply-adds", "times fewer seconds"]
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    for result in results:
        costs = [result.acceleration["multiply_adds"], result.acceleration["seconds"]]
        cells = [result.name, result.rho or "undefined", result.tau or "undefined"]
        cells += [f"{100 * size.share:.0f} %" for size in result.retention]
        cells += ["-" if cost is None else f"{cost:.1f}" for cost in costs]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    difference = compare(analysis, first, second).difference
    lines += ["", f"rho of {first} less that of {second}: {difference}, {analysis.networks} networks"]
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="a proxy's name")
    parser.add_argument("second", help="another one's")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--config", type=Path, help="a study's config file: what is missing is trained")
    source.add_argument("--table", type=Path, help="a table that is there")
    parser.add_argument("--original", help="with --table: the setting whose ranks are the truth")
    parser.add_argument("--networks", type=int, help="with --config: K; default: the config's")
    parser.add_argument("--path", help="with --config: where the data lies")
    parser.add_argument("--workdir", type=Path, default=Path("runs/compare_proxies"))
    parser.add_argument("--json", type=Path, help="where to write the numbers too")
    arguments = parser.parse_args()
    if arguments.table is not None and arguments.original is None:
        parser.error("--table needs --original")
    try:
        if arguments.table is not None:
            analysis = analyse(read_any_table(arguments.table), arguments.original)
        else:
            analysis = train(arguments)
        text = as_markdown(analysis, arguments.first, arguments.second)
    except ValueError as error:  # InputError: one line
        parser.error(str(error))
    if arguments.json is not None:
        difference = compare(analysis, arguments.first, arguments.second).difference
        arguments.json.write_text(json.dumps(dataclasses.asdict(difference), indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
