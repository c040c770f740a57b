"""A training step of this checkout against that of another revision: same genotypes, same pinned core, in turn.

    python benchmarks/compare_revisions.py --base REVISION --json OUT

Claims: for each genotype of each round the median step of both in seconds; over all of them the median of the ratios
ours / base, and the ratio of the means. A round's two processes are proxy_step.py of each revision with that revision's
package. They are alive at once and time each genotype in turn, for a machine's speed changes from minute to minute.
Processes of one program differ too, on a Zen 3 by 2 and by 6 % for as long as they lived (two pairs): every round has
new processes, and few rounds tell no smaller difference. Both sides compile in the first round, into a cache of their
own. The revision must be one whose proxy_step.py knows --in-turn.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pinned import HERE, REPOSITORY, run_in_turn
from result_file import write_result
from step_command import read_genotypes


def is_known(revision: str) -> bool:
    """Whether the repository has it."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def check_out(revision: str, folder: Path) -> None:
    """The files of a revision."""
    archive = subprocess.run(["git", "-C", str(REPOSITORY), "archive", revision], check=True, stdout=subprocess.PIPE)
    folder.mkdir()
    subprocess.run(["tar", "x", "-C", str(folder)], check=True, input=archive.stdout)


def compare(base: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """A round's seconds and ratios."""
    seconds = {"base_seconds": base["step_seconds"], "our_seconds": ours["step_seconds"]}
    pairs = list(zip(*seconds.values(), strict=True))
    ratio = statistics.mean(ours["step_seconds"]) / statistics.mean(base["step_seconds"])
    return {**seconds, "ratios": [own / other for other, own in pairs], "ratio_of_means": ratio}


def rounds_in_turn(arguments: argparse.Namespace, flags: list[str]) -> Iterator[dict[str, Any]]:
    """What `compare` says of each round; flags: of proxy_step.py."""
    turns = len(read_genotypes(arguments.genotypes))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repositories = {"base": folder / "base", "ours": REPOSITORY}
        check_out(arguments.base, repositories["base"])
        for number in range(arguments.rounds):
            order = list(repositories)[:: 1 if number % 2 == 0 else -1]
            commands = [
                [
                    sys.executable,
                    str(repositories[side] / "benchmarks" / "proxy_step.py"),
                    f"--compilation-cache={folder / f'programs of {side}'}",
                    "--repeats=1",
                    *flags,
                ]
                for side in order
            ]
            found = run_in_turn(commands, turns, {arguments.core}, [repositories[side] for side in order])
            yield compare(**dict(zip(order, found, strict=True)))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="a git revision")
    parser.add_argument("--genotypes", type=Path, default=HERE / "genotypes.txt")
    parser.add_argument("--channels", type=int, default=9)
    parser.add_argument("--resolution", type=int, default=8)
    parser.add_argument("--cells-per-stage", type=int, default=6)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if not is_known(arguments.base):
        parser.error(f"argument --base: {arguments.base!r} is no revision of this repository")
    setting = {name: getattr(arguments, name) for name in ("channels", "resolution", "cells_per_stage", "batch")}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in setting.items()]
    rounds = []
    for found in rounds_in_turn(arguments, [*flags, f"--genotypes={arguments.genotypes.resolve()}"]):
        rounds.append(found)
        print(f"round {len(rounds)}: ours / base, ratio of means {found['ratio_of_means']:.3f}", flush=True)
        result = {
            "base": arguments.base,
            "rounds": rounds,
            "median_ratio": statistics.median(ratio for row in rounds for ratio in row["ratios"]),
            "median_ratio_of_means": statistics.median(row["ratio_of_means"] for row in rounds),
            "setting": setting,
            "genotypes": arguments.genotypes.read_text(encoding="utf-8").splitlines(),
        }
        write_result(arguments.json, result)


if __name__ == "__main__":
    main()
