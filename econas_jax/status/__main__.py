"""The command `econas-jax status`: shows progress, the best so far, time left and failures, and touches nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from econas_jax.errors import USAGE_ERROR, InputError
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.output import print_lines
from econas_jax.search.history import StageRecord
from econas_jax.status.duration import duration
from econas_jax.status.reading import Status, read_status
from econas_jax.status.supernet import read_supernet_status, supernet_lines
from econas_jax.supernet.workdir import is_supernet_search

SHOWN_FAILURES = 5


def lines(status: Status) -> Iterator[str]:
    """Yields the lines that the command prints."""
    running = "running" if status.running else "finished" if status.finished else "stopped"
    last = f"round {status.rounds[-1].round} of {status.plan.rounds}" if status.rounds else "in the first round"
    yield f"{running}: {len(status.stages)} of {status.plan.stages} stages, {last}"
    if status.seconds_left is not None and not status.finished:
        yield f"time left: about {duration(status.seconds_left)} of training"
    if status.pool is not None:
        yield f"{status.pool.summary}; {status.pool.stages_an_hour:.0f} stages an hour"
        yield from (f"   {device.node} {device.kind}: {device.doing}" for device in status.pool.devices)
    if status.time_shares:
        yield "time: " + ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in status.time_shares.items())
    for rank, stage in enumerate(status.best, start=1):
        yield f"{rank}  {100 * (stage.validation_accuracy or 0):6.2f} %  {_candidate(stage)}  {stage.genotype}"
    yield f"failures: {len(status.failures)}" + (", tracebacks in failures/" if status.tracebacks else "")
    for stage in status.failures[-SHOWN_FAILURES:]:
        yield f"   {_candidate(stage)}  {stage.status}: {stage.reason}"
    if status.unreadable:
        more = f" and {len(status.unreadable) - 3} more" if len(status.unreadable) > 3 else ""
        yield f"not readable: {'; '.join(status.unreadable[:3])}{more} (the same search command makes them again)"


def main(arguments: list[str]) -> int:
    """Prints a search's status; returns the exit status."""
    parser = argparse.ArgumentParser(prog="econas-jax status", description=__doc__)
    parser.add_argument("workdir", help="the folder of a search, also of one inside a supernet")
    try:
        folder = local_folder(parser.parse_args(arguments).workdir)
        supernet = is_supernet_search(folder)
        print_lines(supernet_lines(read_supernet_status(folder)) if supernet else lines(read_status(folder)))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


def _candidate(stage: StageRecord) -> str:
    return f"candidate {stage.candidate}, {stage.epochs} epochs"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
