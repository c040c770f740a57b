"""The command on real images and a real supernet of chains: mistakes, and a whole search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import Command, assert_refused, running
from tiny_search import quick_compilation, start_jax

from econas_jax.retrain.choices import choices
from econas_jax.supernet import __main__

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
PROXYLESS, SPOS = (f"--config={CONFIGS / name}.py" for name in ("proxyless_digits", "spos_digits"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs the command in this process, in an empty folder; returns its exit status."""
    start_jax(monkeypatch)
    with running(__main__, monkeypatch, tmp_path) as run:
        yield run


MISTAKES = {
    "no table": (
        [PROXYLESS, "--config.search.latency_table=none.json"],
        "search.latency_table = 'none.json': expected",
    ),
    "a mode": ([PROXYLESS, "--config.search.mode=three"], "search.mode = 'three': expected two or full"),
    "a width": ([PROXYLESS, "--config.proxy.width=0.1"], "proxy.width = 0.1: expected a width at which the same"),
    "a long warm-up": ([PROXYLESS, "--config.search.warmup_epochs=99"], "search.warmup_epochs = 99: expected a whole"),
    "a low limit": (
        [SPOS, "--config.search.max_multiply_adds=1e4"],
        "search.max_multiply_adds = 10000.0: expected at least 43328",
    ),
    "many statistics": (
        [SPOS, "--config.search.statistics_batches=10"],
        "search.statistics_batches * search.evaluation_batch_size = 1280: expected at most 1200",
    ),
    "a folder that is none": (
        [f"--config={CONFIGS / 'proxyless.py'}", "--config.data.path=nowhere"],
        "data.path = 'nowhere': expected",
    ),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], told: str, command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert_refused(command, arguments, told, tmp_path, capfd)


@pytest.mark.slow
def test_a_search_leaves_networks_and_a_page(command: Command, tmp_path: Path) -> None:
    small = {
        "network.widths": "(12,)",
        "network.depths": "(1,)",
        "proxy.epochs": 1,
        "training.batch_size": 240,
        "search.statistics_batches": 2,
        "search.evaluation_batch_size": 150,
        "search.members": 3,
        "search.generations": 2,
        "search.mutations": 1,
        "search.crossovers": 1,
    }
    with quick_compilation():
        assert command(SPOS, *(f"--config.{field}={value}" for field, value in small.items())) == 0
    folder = tmp_path / "runs" / "spos_digits"
    written = json.loads((folder / "result.json").read_text())
    assert written["finished"] and written["ranked"] == len(written["best"]) == 4  # the whole space
    found = choices(str(folder))
    assert len({str(choice.genotype) for choice in found}) == 4
    assert (folder / "report.html").exists() and any((folder / "tensorboard").iterdir())
