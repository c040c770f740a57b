"""What the scripts that time a pipeline share: flags, whole epochs in turn, the JSON file. It imports no JAX."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.common.step_command import turn, write

RESOLUTION = 224


def reading_parser(description: str | None) -> argparse.ArgumentParser:
    """Returns a parser of the flags of a script that reads a folder."""
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--folder", type=Path, required=True, help="with train/<class>/*.jpg")
    flags.add_argument("--batch", type=int, default=64)
    flags.add_argument("--workers", type=int, default=1)
    flags.add_argument("--epochs", type=int, default=3, help="that are timed, after one to warm up")
    flags.add_argument("--in-turn", action="store_true", help="for each epoch print a line and wait for one")
    flags.add_argument("--json", type=Path, required=True)
    return flags


def time_epochs(read_epoch: Callable[[int], int], arguments: argparse.Namespace, **more: object) -> None:
    """Times whole epochs; read_epoch(number) returns how many images it has read.

    Writes images a second by the clock, and by the processor time of this process and those it started, which other
    programs on the core change less.
    """
    by_clock, by_processor = [], []
    for number in range(arguments.epochs + 1):
        with turn(arguments):
            start, before = time.perf_counter(), processor_seconds()
            images = read_epoch(number)
            by_clock.append(images / (time.perf_counter() - start))
            by_processor.append(images / (processor_seconds() - before))
            time.sleep(1.0)  # what was read ahead is done before another script's turn
    rates = {"images_a_second": by_clock[1:], "images_a_processor_second": by_processor[1:]}
    write({**rates, "images": images, **more}, arguments)


def processor_seconds() -> float:
    """Returns the processor time spent so far by this process and those it started that still run."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return sum(spent.user + spent.system for spent in times)
