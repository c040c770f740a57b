"""Kills searches at random moments, places them differently, and watches memory: is anything lost, or different?

    python -m benchmarks.searches.reliability --kills 100 --json OUT

Claims, for small searches on scikit-learn's digits that commit after every wave:
  kills      a search that is killed (SIGKILL) again and again, and started again by the same command, ends with the
             history, cycles and result of an undisturbed one, but for seconds; no reported stage is lost or doubled.
             Half of the kills come at a random moment of the process's life, half as soon as a commit is being written.
  placement  histories on 1, 2 and 4 devices are equal.
  memory     the process's memory over a search of 2,000 candidates with made-up accuracies, and where its time goes.
Exits with status 1 where one of the first two does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.result_file import write_result
from benchmarks.searches.kills import kill_test
from benchmarks.searches.memory import memory_test
from benchmarks.searches.small_search import BrokenPromiseError, check_same, finish, records


def placement_test(folder: Path, devices: Sequence[int]) -> dict[str, Any]:
    """Runs the search on each number of devices and compares what it leaves."""
    workdirs = {count: folder / f"devices_{count}" for count in devices}
    for count, workdir in workdirs.items():
        finish(workdir, devices=count)
        check_same(workdir, workdirs[devices[0]])
    return {"devices": list(devices), "stages": len(records(workdirs[devices[0]] / "history.jsonl"))}


def main() -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--candidates", type=int, default=2000, help="size of the memory test; 0 leaves it out")
    parser.add_argument("--devices", type=int, nargs="*", default=[1, 2, 4], help="of the placement test")
    parser.add_argument("--seed", type=int, default=0, help="chooses the moments of the kills")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        try:
            if arguments.candidates:
                result["memory"] = memory_test(Path(name), arguments.candidates)
            if arguments.kills:
                result["kills"] = kill_test(arguments.kills, Path(name), random.Random(arguments.seed))
            if arguments.devices:
                result["placement"] = placement_test(Path(name), arguments.devices)
        except BrokenPromiseError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print(write_result(arguments.json, result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
