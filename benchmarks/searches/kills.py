"""Kills searches at random moments and starts them again: is anything lost, or different? A part of reliability."""

from __future__ import annotations

import itertools
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.searches.small_search import BrokenPromiseError, check_same, finish, records, start

Wait = Callable[[subprocess.Popen[bytes]], None]


def kill_test(kills: int, folder: Path, rng: random.Random) -> dict[str, Any]:
    """Kills searches until there are enough kills; each search has a folder of its own until it is finished."""
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


def killed(workdir: Path, wait: Wait) -> bool:
    """Starts the search and kills it when `wait` returns; returns whether it was still running."""
    with start(workdir) as process:
        wait(process)
        running = process.poll() is None
        process.kill()
    if not running and process.returncode != 0:
        raise BrokenPromiseError(f"the search in {workdir} ended with status {process.returncode}")
    return running


def until_random(seconds: float) -> Wait:
    """Returns a function that waits for this time or for the process's end."""

    def wait(process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)

    return wait


def until_commit(workdir: Path, rng: random.Random) -> Wait:
    """Returns a function that waits until one of the next commits is being written."""
    skipped = rng.randrange(8)

    def wait(process: subprocess.Popen[bytes]) -> None:
        seen: set[str] = {path.name for path in unfinished()}  # left by an earlier kill
        while process.poll() is None and len(seen) <= skipped:
            seen |= {path.name for path in unfinished()}
            time.sleep(0.0005)
        time.sleep(rng.uniform(0.0, 0.03))

    def unfinished() -> Iterator[Path]:
        return (workdir / "checkpoints").glob("*.orbax-checkpoint-tmp")

    return wait
