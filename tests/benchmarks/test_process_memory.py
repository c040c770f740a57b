"""The peak memory of the processes that a script starts, against what they are known to allocate."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("psutil")

from benchmarks.common.process_memory import ProcessMemory, held_bytes, peak_bytes  # noqa: E402 (it imports psutil)

MEBIBYTE = 2**20
# Allocates, releases, and lives on: only a peak can tell.
ALLOCATING = "import time; held = bytearray(b'1') * ({mebibytes} << 20); del held; time.sleep({seconds})"


def command(mebibytes: int, seconds: float) -> list[str]:
    return [sys.executable, "-c", ALLOCATING.format(mebibytes=mebibytes, seconds=seconds)]


def test_every_descendant_is_seen_with_its_peak_and_the_longest_lived_comes_first() -> None:
    # A grandchild of 200 MiB lives for longer than a child of 100 MiB.
    grandchild = f"import subprocess; subprocess.run({command(200, 1.5)!r}, check=True)"
    with ProcessMemory() as memory:
        parent = subprocess.Popen([sys.executable, "-c", grandchild])
        subprocess.run(command(100, 0.7), check=True)
        assert parent.wait() == 0
    rows = memory.processes()
    assert len(rows) == 3
    assert [row["seconds"] for row in rows] == sorted((row["seconds"] for row in rows), reverse=True)
    small, middle, large = sorted(row["peak_bytes"] // MEBIBYTE for row in rows)
    assert small < 60 and 100 <= middle < 160 and 200 <= large < 260


def test_a_peak_is_at_least_what_is_held() -> None:
    assert peak_bytes() >= held_bytes() > MEBIBYTE
