"""Kills all that can be killed of searches on a Ray cluster: is anything lost, or different?

    python -m benchmarks.searches.ray_kills --commands 20 --devices 10 --nodes 10 --clusters 3 --json OUT

Claim: small searches on scikit-learn's digits, on a cluster of this machine (a head and two nodes of one core), end
with the history, rounds and result of an undisturbed search by one process, but for seconds; no reported stage is lost
or doubled. At random moments SIGKILL ends the command (the same command goes on), the process of a device, a node with
all that runs there (another one joins), or the whole cluster (the command ends by itself, and the same command goes on
in another cluster). Exits with status 1 where this does not hold. Needs `ray`.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.local_cluster import LocalCluster
from benchmarks.common.result_file import write_result
from benchmarks.searches.kills import until_random
from benchmarks.searches.small_search import GIVE_UP, BrokenPromiseError, check_same, finish, records, start

GONE = 180.0  # seconds after which a command whose cluster is gone has ended


class KilledSearches:
    """Searches on a cluster, one after the other, of which things are killed."""

    def __init__(self, folder: Path, cluster: LocalCluster, rng: random.Random) -> None:
        """Runs the search undisturbed, by a process and on the cluster."""
        self._folder, self._cluster, self._rng = folder, cluster, rng
        self._undisturbed = folder / "undisturbed"
        finish(self._undisturbed, devices=1)
        self._whole = records(self._undisturbed / "history.jsonl")
        self.life = finish(folder / "cluster", **self._trainer)
        check_same(folder / "cluster", self._undisturbed)
        self.searches = 0  # that have been finished
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _workdir(self) -> Path:
        return self._folder / f"killed_{self.searches}"

    @property
    def _trainer(self) -> dict[str, str]:
        return {"trainer.name": "ray", "trainer.address": self._cluster.address}

    def kill(self, what: str) -> None:
        """Kills something of a search that has run for a random time; after one that is over by then, of another."""
        while True:
            process = self._running()
            until_random(self._rng.uniform(0.0, self.life))(process)
            if process.poll() is None:
                break
            self._finished(process)
        getattr(self, f"_kill_{what}")(process)
        history = records(self._workdir / "history.jsonl")
        if history != self._whole[: len(history)]:
            raise BrokenPromiseError(f"stages were lost or changed in {self._workdir}")
        print(f"{what}: {len(history)} of {len(self._whole)} stages", flush=True)

    def finish(self) -> None:
        """Lets the last search run to its end."""
        process = self._running()
        process.wait(GIVE_UP)
        self._finished(process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = start(self._workdir, **self._trainer)
        return self._process

    def _finished(self, process: subprocess.Popen[bytes]) -> None:
        if process.returncode != 0:
            said = self._workdir.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
            raise BrokenPromiseError(f"the search ended with status {process.returncode}: {said[-2000:]}")
        check_same(self._workdir, self._undisturbed)
        self._process = None
        self.searches += 1

    def _kill_commands(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self._process = None

    def _kill_devices(self, process: subprocess.Popen[bytes]) -> None:
        for pid in self._cluster.actors()[:1]:  # there may be none yet
            os.kill(pid, signal.SIGKILL)

    def _kill_nodes(self, process: subprocess.Popen[bytes]) -> None:
        self._cluster.kill_node()
        self._cluster.add_node()

    def _kill_clusters(self, process: subprocess.Popen[bytes]) -> None:
        self._cluster.shutdown()
        try:
            status = process.wait(GONE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise BrokenPromiseError(f"{GONE:.0f} s after its cluster, the command was still there") from None
        print(f"the command of a cluster that is gone ended with status {status}", flush=True)
        self._process = None
        self._cluster.start()


def kills_of(counts: dict[str, int], rng: random.Random) -> Iterator[str]:
    """Yields what is to be killed next, in random order."""
    planned = list(Counter(counts).elements())
    rng.shuffle(planned)
    yield from planned


def measure(counts: dict[str, int], folder: Path, rng: random.Random) -> dict[str, Any]:
    """Kills as much as is asked for; returns what was killed of how many searches."""
    cluster = LocalCluster()
    try:
        searches = KilledSearches(folder, cluster, rng)
        for what in kills_of(counts, rng):
            searches.kill(what)
        searches.finish()
    finally:
        cluster.shutdown()
    return {"kills": counts, "searches": searches.searches, "seconds_of_a_search": round(searches.life, 1)}


def main() -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count in (("commands", 20), ("devices", 10), ("nodes", 10), ("clusters", 3)):
        parser.add_argument(f"--{name}", type=int, default=count, help="how many are killed")
    parser.add_argument("--seed", type=int, default=0, help="chooses the moments of the kills")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    counts = {name: getattr(arguments, name) for name in ("commands", "devices", "nodes", "clusters")}
    with tempfile.TemporaryDirectory() as name:
        try:
            result = measure(counts, Path(name), random.Random(arguments.seed))
        except BrokenPromiseError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print(write_result(arguments.json, result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
