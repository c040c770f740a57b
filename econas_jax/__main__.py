"""The command `econas-jax`, or python -m econas_jax: each of its subcommands is imported when it is asked for."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

from econas_jax import __version__
from econas_jax.errors import USAGE_ERROR


class Command(NamedTuple):
    """A subcommand: a module whose main(arguments) returns the exit status."""

    module: str
    about: str


COMMANDS = {
    "search": Command("econas_jax.search.__main__", "search for architectures, or go on with a search"),
    "supernet": Command("econas_jax.supernet.__main__", "search inside one network that contains all cells (DARTS)"),
    "retrain": Command("econas_jax.retrain.__main__", "train found or published networks from scratch into models"),
    "evaluate": Command("econas_jax.evaluate.__main__", "tell how good a trained model is, class by class"),
    "study": Command("econas_jax.study.__main__", "find out which proxies can be trusted, by training or from a table"),
    "compare-proxies": Command("econas_jax.study.compare", "set two proxies of a study side by side"),
    "compare": Command("econas_jax.compare.__main__", "run search algorithms side by side, on equal budgets"),
    "status": Command("econas_jax.status.__main__", "tell how far a search is and what it has found"),
    "table": Command(
        "econas_jax.tables.__main__", "make a table of accuracies that a search takes in place of training"
    ),
    "report": Command("econas_jax.report.__main__", "write the page of a search or a retraining anew"),
    "export": Command("econas_jax.export.__main__", "write a trained network as Flax code, StableHLO and ONNX"),
    "predict": Command("econas_jax.predict.__main__", "classify image files with an exported network"),
    "zoo": Command("econas_jax.zoo.__main__", "list the architectures of the literature, count and draw them"),
}


def usage() -> str:
    """Returns what there is to ask for."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.about}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: econas-jax COMMAND ...; econas-jax COMMAND --help tells more", "", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Runs the subcommand that the command line names; returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        print(f"econas_jax {__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"error: no such command: {name!r}\n{usage()}", file=sys.stderr)
        return USAGE_ERROR
    status: int = importlib.import_module(COMMANDS[name].module).main(rest)
    return status


if __name__ == "__main__":
    sys.exit(main())
