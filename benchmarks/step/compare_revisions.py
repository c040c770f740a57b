"""A training step of this checkout against that of another revision: same genotypes, same pinned core, in turn.

    python -m benchmarks.step.compare_revisions --base REVISION --json OUT

Claims: for each genotype of each round the median step of both in seconds; over all of them the median of the ratios
ours / base, and the ratio of the means. A round's two processes run proxy_step of each revision, which measures that
revision's package. They are alive at once and time each genotype in turn, for a machine's speed changes from minute to
minute. Processes of one program differ too, on a Zen 3 by 2 % and by 6 % for as long as they lived (two pairs): every
round has new processes, and few rounds tell no smaller difference. Both sides compile in the first round, into a cache
of their own.

A revision's own script is the one that knows its package's API; all that must agree is the script's flags (--in-turn
among them) and its JSON form. `proxy_step_of` knows where it lies: here, or in `benchmarks/` itself until f0fae84.
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

from benchmarks.common.paths import GENOTYPES, REPOSITORY
from benchmarks.common.pinned import run_in_turn, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import SETTING, parser, read_genotypes

FLAT_SCRIPT = Path("benchmarks") / "proxy_step.py"  # until f0fae84


def is_known(revision: str) -> bool:
    """Returns whether the repository has the revision."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def check_out(revision: str, folder: Path) -> None:
    """Writes the files of a revision into a new folder."""
    archive = subprocess.run(["git", "-C", str(REPOSITORY), "archive", revision], check=True, stdout=subprocess.PIPE)
    folder.mkdir()
    subprocess.run(["tar", "x", "-C", str(folder)], check=True, input=archive.stdout)


def proxy_step_of(repository: Path) -> list[str]:
    """Returns the command that runs a checkout's proxy_step, with the checkout first in the import path."""
    flat = repository / FLAT_SCRIPT
    return [sys.executable, str(flat)] if flat.exists() else script("step.proxy_step")


def compare(base: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Returns a round's seconds and ratios."""
    seconds = {"base_seconds": base["step_seconds"], "our_seconds": ours["step_seconds"]}
    pairs = list(zip(*seconds.values(), strict=True))
    ratio = statistics.mean(ours["step_seconds"]) / statistics.mean(base["step_seconds"])
    return {**seconds, "ratios": [own / other for other, own in pairs], "ratio_of_means": ratio}


def rounds_in_turn(arguments: argparse.Namespace, flags: list[str]) -> Iterator[dict[str, Any]]:
    """Yields the comparison of each round; flags: those of proxy_step."""
    turns = len(read_genotypes(arguments.genotypes))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repositories = {"base": folder / "base", "ours": REPOSITORY}
        check_out(arguments.base, repositories["base"])
        for number in range(arguments.rounds):
            order = list(repositories)[:: 1 if number % 2 == 0 else -1]
            commands = [
                [
                    *proxy_step_of(repositories[side]),
                    f"--compilation-cache={folder / f'programs of {side}'}",
                    "--repeats=1",
                    *flags,
                ]
                for side in order
            ]
            found = run_in_turn(commands, turns, {arguments.core}, [repositories[side] for side in order])
            yield compare(**dict(zip(order, found, strict=True)))


def main() -> None:
    """Runs the command."""
    flags = parser(__doc__, GENOTYPES)
    flags.add_argument("--base", required=True, help="a git revision")
    flags.add_argument("--rounds", type=int, default=5)
    flags.add_argument("--core", type=int, default=0)
    arguments = flags.parse_args()
    if not is_known(arguments.base):
        flags.error(f"argument --base: {arguments.base!r} is no revision of this repository")
    setting = {name: getattr(arguments, name) for name in SETTING}
    step_flags = [f"--{name.replace('_', '-')}={value}" for name, value in setting.items()]
    rounds = []
    for found in rounds_in_turn(arguments, [*step_flags, f"--genotypes={arguments.genotypes.resolve()}"]):
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
