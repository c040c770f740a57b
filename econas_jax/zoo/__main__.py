"""The command `econas-jax zoo`: lists the architectures of the literature, counts them, and draws their cells."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

from rich.console import Console

from econas_jax.errors import USAGE_ERROR, InputError
from econas_jax.experiment.output import print_lines
from econas_jax.zoo.counts import CIFAR, IMAGENET, Setting
from econas_jax.zoo.details import lines, to_json
from econas_jax.zoo.entries import ENTRIES, find
from econas_jax.zoo.entry import Entry
from econas_jax.zoo.listing import tables

WIDTH = 120  # columns where the output is no terminal
SIZES = ("channels", "cells_per_stage", "resolution")
NETWORKS = {"cifar": CIFAR, "imagenet": IMAGENET}


def main(arguments: list[str]) -> int:
    """Prints the zoo, or one entry of it, or draws one; returns the exit status."""
    try:
        options = _parser().parse_args(arguments)
        if options.draw is not None:
            print_lines(str(path) for path in draw(find(options.draw), Path(options.to)))
            return 0
        print_lines(_output(options))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


def draw(entry: Entry, folder: Path) -> tuple[Path, Path]:
    """Draws an entry's cells; returns the paths of the PNG and the SVG.

    Raises InputError for an entry without cells, and for a folder that cannot be written.
    """
    from econas_jax.figures.diagram import plot_diagrams  # matplotlib takes a second to load
    from econas_jax.figures.figure_files import save_figure
    from econas_jax.spaces.darts import DartsSpace

    diagrams = DartsSpace().diagrams(entry.genotype)
    figure = plot_diagrams(diagrams, f"{entry.name}: {entry.paper}")
    try:
        return save_figure(figure, folder, entry.name)
    except OSError as error:
        raise InputError("to", str(folder), f"a folder that can be written ({error.strerror})") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="econas-jax zoo", description=__doc__)
    parser.add_argument("name", nargs="?", help="of one entry, to read all about it; '-' and '_' are the same")
    parser.add_argument("--draw", metavar="NAME", help="draw its cells as a PNG and an SVG")
    parser.add_argument("--to", metavar="DIR", default=".", help="the folder of the drawing (default: this one)")
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")
    parser.add_argument("--network", choices=NETWORKS, help="count this one alone")
    for size in SIZES:
        parser.add_argument(f"--{size.replace('_', '-')}", type=int, help="count networks of this size")
    return parser


def _output(options: argparse.Namespace) -> list[str]:
    """Returns the lines to print."""
    sizes = {size: getattr(options, size) for size in SIZES if getattr(options, size) is not None}
    networks = [NETWORKS[options.network]] if options.network else list(NETWORKS.values())
    settings: list[Setting] = [dataclasses.replace(network, **sizes) for network in networks]
    entries = ENTRIES if options.name is None else (find(options.name),)
    if options.json:
        return [json.dumps([to_json(entry, settings) for entry in entries], indent=2, ensure_ascii=False)]
    if options.name is not None:
        return list(lines(entries[0], settings))
    console = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH)
    with console.capture() as captured:
        # What was published is of the usual sizes.
        for part in tables(entries, settings, with_published=not sizes):
            console.print(part)
    return captured.get().splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
