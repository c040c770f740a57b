"""Kills searches at random moments, places them differently, and watches memory: is anything lost, or different?

    python benchmarks/reliability.py --kills 100 --json benchmarks/results/reliability.json

Claims, of small searches on scikit-learn's digits that commit after every wave:
  kills      a search that is killed (SIGKILL) again and again, and started again by the same command, ends with the
             history, cycles and result of an undisturbed one, but for seconds; no reported stage is lost or doubled.
             Half of the kills come at a random moment of the process's life, half as soon as a commit is being written.
  placement  histories on 1, 2 and 4 devices are equal.
  memory     the process's memory over a search of 2,000 candidates with made-up accuracies, and where its time goes.
Exits with status 1 where one of the first two does not hold.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from result_file import write_result

from econas_jax.search import SearchConfig, run_search
from econas_jax.search.config import from_mapping
from econas_jax.training import Job, Outcome

REPOSITORY = Path(__file__).resolve().parent.parent
SMALL: dict[str, dict[str, Any]] = {
    "proxy": {"channels": 4, "resolution": 4, "sample_ratio": 0.05},
    "network": {"cells_per_stage": 1},
    "data": {"name": "digits", "validation_size": 50},
    "training": {"batch_size": 16, "evaluation_batch_size": 50},
    "search": {
        "epochs": 1,
        "initial_population": 6,
        "cycles": 4,
        "children": 4,
        "promotions_to_2e": 2,
        "promotions_to_3e": 1,
        "parents_per_population": (2, 1, 1),
        "lifetime": 2,
    },
}
MADE_UP_VALUES = 10_000  # of a candidate's state: 2,000 that are not let go of are 80 MB
MADE_UP_SLOTS = 4
GIVE_UP = 600.0  # seconds for one process


class BrokenPromiseError(Exception):
    """A claim that does not hold."""


def arguments_for(workdir: Path, **extra: object) -> list[str]:
    """The search command for SMALL in the workdir."""
    groups = {f"{group}.{name}": value for group, fields in SMALL.items() for name, value in fields.items()}
    fields = groups | {"training.augmentation.crop_padding": 1, "save_seconds": 0.0} | extra
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else value for name, value in fields.items()}
    overrides = [f"--config.{name}={value}" for name, value in texts.items()]
    config = REPOSITORY / "configs" / "digits.py"
    return [sys.executable, "-m", "econas_jax.search", f"--config={config}", f"--workdir={workdir}", *overrides]


def start(workdir: Path, **extra: object) -> subprocess.Popen[bytes]:
    """The search as a process; what it says is appended to a file beside the workdir."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"}
    with workdir.with_suffix(".txt").open("ab") as output:
        return subprocess.Popen(arguments_for(workdir, **extra), env=environment, stdout=output, stderr=output)


def finish(workdir: Path, **extra: object) -> float:
    """Runs the search to its end; returns the process's seconds."""
    begun = time.perf_counter()
    status = start(workdir, **extra).wait(GIVE_UP)
    if status != 0:
        said = workdir.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
        raise BrokenPromiseError(f"the search ended with status {status}: {said[-2000:]}")
    return time.perf_counter() - begun


def records(file: Path) -> list[dict[str, Any]]:
    """The objects of a .json or .jsonl file without seconds, [] where there is no file."""
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    found = [json.loads(line) for line in (text.splitlines() if file.suffix == ".jsonl" else [text])]
    return [{name: value for name, value in fields.items() if name != "seconds"} for fields in found]


def check_same(workdir: Path, undisturbed: Path) -> None:
    """Raises BrokenPromiseError unless both searches ended the same."""
    for name in ("history.jsonl", "cycles.jsonl", "result.json"):
        if records(workdir / name) != records(undisturbed / name):
            raise BrokenPromiseError(f"{workdir / name} differs from the undisturbed search's")
    if {path.name for path in (workdir / "figures").iterdir()} != {
        path.name for path in (undisturbed / "figures").iterdir()
    }:
        raise BrokenPromiseError(f"figures are missing in {workdir}")


def kill_test(kills: int, folder: Path, rng: random.Random) -> dict[str, Any]:
    """Kills searches until there are enough kills, each search in a folder of its own until it is finished."""
    undisturbed = folder / "undisturbed"
    finish(undisturbed)  # fills the compilation cache
    life = finish(folder / "again")
    check_same(folder / "again", undisturbed)
    whole = records(undisturbed / "history.jsonl")
    done, moments, folders = 0, {"at random": 0, "in a commit": 0}, itertools.count()
    while done < kills:
        workdir, finished, reported = folder / f"killed_{next(folders)}", False, 0
        while not finished and done < kills:
            moment = rng.choice(list(moments))
            wait = until_random(rng.uniform(0.0, life)) if moment == "at random" else until_commit(workdir, rng)
            finished = not killed(workdir, wait)
            history = records(workdir / "history.jsonl")
            if history != whole[: len(history)] or len(history) < reported:
                raise BrokenPromiseError(f"stages were lost or changed in {workdir}, {reported} had been reported")
            reported = len(history)
            done, moments[moment] = done + (not finished), moments[moment] + (not finished)
            print(f"kill {done} of {kills}, {reported} of {len(whole)} stages", flush=True)
        finish(workdir)
        check_same(workdir, undisturbed)
    said = "".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("killed_*.txt"))
    mended = {what: said.count(what) for what in ("killed save left", "made again", "is damaged")}
    return {"kills": moments, "searches": next(folders), "seconds_of_a_search": round(life, 1), "mended": mended}


def killed(workdir: Path, wait: Callable[[subprocess.Popen[bytes]], None]) -> bool:
    """Starts the search and kills it when `wait` returns; whether it still ran."""
    with start(workdir) as process:
        wait(process)
        running = process.poll() is None
        process.kill()
    if not running and process.returncode != 0:
        raise BrokenPromiseError(f"the search in {workdir} ended with status {process.returncode}")
    return running


def until_random(seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    """Waits so long, or for the process's end."""

    def wait(process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)

    return wait


def until_commit(workdir: Path, rng: random.Random) -> Callable[[subprocess.Popen[bytes]], None]:
    """Waits until one of the next commits is being written."""
    skipped = rng.randrange(8)

    def wait(process: subprocess.Popen[bytes]) -> None:
        seen: set[str] = {path.name for path in unfinished()}  # what an earlier kill left
        while process.poll() is None and len(seen) <= skipped:
            seen |= {path.name for path in unfinished()}
            time.sleep(0.0005)
        time.sleep(rng.uniform(0.0, 0.03))

    def unfinished() -> Iterator[Path]:
        return (workdir / "checkpoints").glob("*.orbax-checkpoint-tmp")

    return wait


def placement_test(folder: Path, devices: Sequence[int]) -> dict[str, Any]:
    """Searches on so many devices."""
    workdirs = {count: folder / f"devices_{count}" for count in devices}
    for count, workdir in workdirs.items():
        finish(workdir, devices=count)
        check_same(workdir, workdirs[devices[0]])
    return {"devices": list(devices), "stages": len(records(workdirs[devices[0]] / "history.jsonl"))}


class MadeUpTrainer:
    """In the place of a trainer: accuracies that look random, and states that take memory."""

    slots, vector_size = MADE_UP_SLOTS, MADE_UP_VALUES

    def __init__(self, *arguments: Any) -> None:
        self.trained = 0
        self.memory: list[tuple[int, float]] = []  # (stages, MiB)

    def compile(self) -> None:
        pass

    def train(self, jobs: Sequence[Job], on_epoch: Callable[[int], None]) -> list[Outcome]:
        """Outcomes that depend on candidate and epochs alone."""
        states = np.stack([np.full(MADE_UP_VALUES, job.candidate + job.end_epoch, np.float32) for job in jobs])
        for job in jobs:
            on_epoch(job.end_epoch)
        self.trained += len(jobs)
        if self.trained // 100 > len(self.memory):
            self.memory.append((self.trained, memory()))
        return [made_up_outcome(job, state) for job, state in zip(jobs, states, strict=True)]


def made_up_outcome(job: Job, state: np.ndarray[Any, np.dtype[np.float32]]) -> Outcome:
    """A completed stage."""
    accuracy = random.Random(f"{job.candidate} {job.end_epoch}").random()
    return Outcome(job.candidate, False, 1.0, accuracy, 1.0, accuracy, state, seconds=0.0)


def memory() -> float:
    """MiB of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def memory_test(folder: Path, candidates: int) -> dict[str, Any]:
    """A search of so many candidates without training."""
    trainers: list[MadeUpTrainer] = []

    def make(*arguments: Any) -> MadeUpTrainer:
        trainers.append(MadeUpTrainer(*arguments))
        return trainers[-1]

    with mock.patch("econas_jax.search.preparation.trainer_for", make):
        result = run_search(made_up_config(candidates), folder / "memory")
    samples = trainers[0].memory
    quarter, last = samples[len(samples) // 4], samples[-1]
    shown = samples[:: max(1, len(samples) // 8)]
    times = json.loads((folder / "memory" / "times.json").read_text(encoding="utf-8"))
    return {
        "candidates": len({stage.id for stage in result.stages}),
        "stages": len(result.stages),
        "mebibytes_after_stages": {str(stages): round(size, 1) for stages, size in shown},
        "grown_mebibytes_in_the_last_three_quarters": round(last[1] - quarter[1], 1),
        "mebibytes_of_history": round((folder / "memory" / "history.jsonl").stat().st_size / 2**20, 2),
        "times": times,
    }


def made_up_config(candidates: int) -> SearchConfig:
    """Cycles of 16 children, as in the paper, with candidates that live for ten of them."""
    cycles = (candidates - 50) // 16
    return from_mapping(SMALL | {"search": {"cycles": cycles}, "save_seconds": None})


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--candidates", type=int, default=2000, help="of the memory test; 0 leaves it out")
    parser.add_argument("--devices", type=int, nargs="*", default=[1, 2, 4], help="of the placement test")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
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
