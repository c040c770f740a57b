"""The command: econas-jax compare-proxies FIRST SECOND (--table FILE.csv --original NAME | --config NAME).

Compares two proxies: their cost, how well they keep ranks, and which of the best networks they keep.

    econas-jax compare-proxies c4r4s0e60 c4r4s0e30 --table runs/study/table.csv --original c0r0s0e600
    econas-jax compare-proxies c4r4s3e4 c2r2s3e2 --config study_small --networks 16 --path DIR

The first form reads a table and needs no JAX. The second trains what is missing, the original setting included; in the
workdir of an earlier study of the same config it only adds the rows that are missing. The result speaks of the table's
networks only: intervals are 95 % bootstrap intervals over them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import NoReturn

from econas_jax import study  # its names are imported when they are used: reading a table needs no JAX
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, config_source
from econas_jax.experiment.config_source import ConfigSourceError
from econas_jax.experiment.console import Reporter
from econas_jax.experiment.folder import local_folder
from econas_jax.files import write_text
from econas_jax.study.analysis import Analysis, analyse
from econas_jax.study.comparisons import Comparison, compare_proxies
from econas_jax.study.wide_table import read_any_table


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line and status 2, as those of the other commands."""

    def error(self, message: str) -> NoReturn:
        cli.fail(" ".join(message.split()))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parses the flags; a mistake ends the process."""
    parser = Parser(
        prog="econas-jax compare-proxies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("first", help="a proxy's name")
    parser.add_argument("second", help="the name of the proxy to compare it with")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--table", type=Path, help="a CSV file of accuracies")
    source.add_argument("--config", help="a study's config, by name or file, to train what is missing")
    parser.add_argument("--original", help="with --table: the setting whose ranks are the truth")
    parser.add_argument("--networks", type=int, help="with --config: the number of networks; default: the config's")
    parser.add_argument("--path", help="with --config: where the data lies; default: the config's")
    parser.add_argument("--workdir", type=Path, help="with --config: results; default: runs/compare_proxies")
    parser.add_argument("--json", type=Path, help="a file to write the difference to")
    found = parser.parse_args(arguments)
    if (found.table is None) != (found.original is None):
        parser.error("--table and --original go together: the CSV file and its setting whose ranks are the truth")
    for name in ("networks", "path", "workdir"):
        if found.table is not None and getattr(found, name) is not None:
            parser.error(f"--{name} goes with --config: a table is read as it is")
    return found


def train(arguments: argparse.Namespace) -> Analysis:
    """Runs a study of the two proxies alone; a signal stops it and ends the process."""
    cli.set_up_process()
    config = study.from_mapping(config_source.load(arguments.config, "study"))
    config = dataclasses.replace(
        config,
        networks=config.networks if arguments.networks is None else arguments.networks,
        grid=dataclasses.replace(config.grid, epochs=()),
        proxies=(arguments.first, arguments.second),
        data=dataclasses.replace(config.data, path=arguments.path or config.data.path),
    )
    workdir = local_folder(arguments.workdir or Path("runs") / "compare_proxies")
    stop = cli.StopRequest()
    try:
        return study.run_study(config, workdir, Reporter(), stop).analysis
    except (study.StudyInterruptedError, KeyboardInterrupt):
        print("stopped; every finished row is in table.csv, and the same command goes on from there")
        sys.exit(stop.status)


def as_markdown(analysis: Analysis, comparison: Comparison) -> str:
    """Returns a table with a row for each proxy, and the difference of their rho."""
    results = [analysis.result(name) for name in (comparison.first, comparison.second)]
    kept = [f"best {size.top} in best {size.kept}" for size in results[0].retention]
    header = ["proxy", "rho", "tau", *kept, "times fewer multiply-adds", "times fewer seconds"]
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    for result in results:
        costs = [result.acceleration["multiply_adds"], result.acceleration["seconds"]]
        cells = [result.name, str(result.rho), str(result.tau)]
        cells += [f"{100 * size.share:.0f} %" for size in result.retention]
        cells += ["-" if cost is None else f"{cost:.1f}" for cost in costs]
        lines.append("| " + " | ".join(cells) + " |")
    difference = f"rho of {comparison.first} less that of {comparison.second}: {comparison.difference}"
    return "\n".join([*lines, "", f"{difference}, {analysis.networks} networks"])


def write_difference(file: Path, comparison: Comparison) -> None:
    """Writes the difference of rho and its interval as JSON; raises InputError if the file cannot be written."""
    try:
        write_text(file, json.dumps(dataclasses.asdict(comparison.difference), indent=1) + "\n")
    except OSError as error:
        raise InputError("json", str(file), f"a file that can be written ({error.strerror})") from None


def main(arguments: list[str]) -> int:
    """Compares the proxies that the arguments name; returns the exit status."""
    given = parse(arguments)
    try:
        analysis = train(given) if given.table is None else analyse(read_any_table(given.table), given.original)
        comparison = compare_proxies(analysis, given.first, given.second)
        print(as_markdown(analysis, comparison))
        if given.json is not None:
            write_difference(given.json, comparison)
    except (InputError, ConfigSourceError) as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
