"""The command `econas-jax table`: makes the table of a search without training, from CSV or made up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from econas_jax.errors import FAILURE, USAGE_ERROR, InputError, require
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.spaces.nasbench201.genotype import OPERATIONS
from econas_jax.tables import csv_file
from econas_jax.tables.csv_file import read_csv_table
from econas_jax.tables.synthetic import synthetic_table
from econas_jax.tables.table import save_table


def main(arguments: list[str]) -> int:
    """Makes a table; returns the exit status."""
    options = _parser().parse_args(arguments)
    target = Path(options.table)
    try:
        require(target.suffix == ".npz", "table", str(target), "a file whose name ends in .npz")
        space = NasBench201Space(operations=tuple(options.operations.split(",")))
        if options.source == "csv":
            table = read_csv_table(Path(options.csv), space)
        else:
            table = synthetic_table(space, options.epochs, options.seed)
        save_table(target, table)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILURE
    print(f"{target}: {table.architectures} architectures by {table.epochs} epochs")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="econas-jax table", description=__doc__)
    kinds = parser.add_subparsers(dest="source", required=True)
    from_csv = kinds.add_parser("csv", help="from a CSV file", description=csv_file.__doc__)
    from_csv.add_argument("csv", help="the CSV file to read")
    made_up = kinds.add_parser("synthetic", help="made up, to try searches on")
    made_up.add_argument("--epochs", type=int, default=60, help="how many it tells of (default: 60)")
    made_up.add_argument("--seed", type=int, default=0)
    for kind in (from_csv, made_up):
        kind.add_argument("table", help="the .npz file to write")
        kind.add_argument("--operations", default=",".join(OPERATIONS), help="of the space, with commas between them")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
