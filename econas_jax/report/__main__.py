"""The command: python -m econas_jax.report DIR writes DIR/report.html for a search that has come to a result."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from econas_jax.errors import USAGE_ERROR, InputError
from econas_jax.search.report.page import write_search_report


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="econas-jax report", description=__doc__)
    parser.add_argument("workdir", type=Path, help="the folder of a search")
    try:
        print(write_search_report(parser.parse_args(arguments).workdir))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
