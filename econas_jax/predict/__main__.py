"""The command `econas-jax predict`: classifies image files with an exported network.

A file that cannot be read is told on a line of its own; the others are classified, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from econas_jax.errors import FAILURE, USAGE_ERROR, InputError
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.output import print_lines

if TYPE_CHECKING:
    from econas_jax.predict.classify import Classified

TOP = 5
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Classifies what the arguments name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="econas-jax predict", description=__doc__)
    parser.add_argument("dir", help="a folder that econas-jax export wrote")
    parser.add_argument("image", nargs="+", help="an image file, or a folder of them, with the folders below it")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for each image")
    parser.add_argument("--top", type=int, default=TOP, metavar="N", help=f"how many classes to tell; default: {TOP}")
    given = parser.parse_args(arguments)
    failures: list[str] = []
    try:
        if given.top < 1:
            raise InputError("top", given.top, "a whole number of at least 1")
        folder = local_folder(given.dir, "dir")
        from econas_jax.data.origin import Tally  # with JAX, which help has no need of
        from econas_jax.predict.classify import classify
        from econas_jax.predict.exported_model import load_exported

        tally = Tally()
        results = classify(load_exported(folder), given.image, tally)
        print_lines(_lines(results, given.top, given.json, failures))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    for count in tally.counts():
        print(f"note: {count}", file=sys.stderr)
    return FAILURE if failures else 0


def _lines(results: Iterator[Classified], top: int, as_json: bool, failures: list[str]) -> Iterator[str]:
    """Yields what is printed of each image; failures are printed as errors and listed in `failures`, too."""
    for result in results:
        if result.error is not None:
            failures.append(result.file)
            print(f"error: {result.error}", file=sys.stderr)
        if as_json:
            yield json.dumps(_facts(result, top))
        elif result.error is None:
            yield result.file.encode(errors="backslashreplace").decode()
            yield from (f"  {100 * value:6.2f} %  {name}" for name, value in result.probabilities[:top])


def _facts(result: Classified, top: int) -> dict[str, object]:
    if result.error is not None:
        return {"image": result.file, "error": result.error}
    classes = [{"class": name, "probability": value} for name, value in result.probabilities[:top]]
    return {"image": result.file, "classes": classes}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
