"""A long analysis says how far it is, a short one says nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from econas_jax.experiment.console import Reporter
from econas_jax.study.resample_lines import ResampleLines


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.1, []),
        (1.5, ["analysis: 512 of 2,000 resamples", "analysis: 1,536 of 2,000 resamples"]),
        (9.0, [f"analysis: {done} of 2,000 resamples" for done in ("256", "512", "1,024", "1,536", "2,000")]),
    ],
)
def test_lines_are_seconds_apart(seconds: float, said: list[str]) -> None:
    def clock() -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += seconds

    text = io.StringIO()
    lines = ResampleLines(Reporter(Console(file=text, width=80)), clock().__next__)
    for done in (256, 512, 1_024, 1_536, 2_000):
        lines(done, 2_000)
    assert text.getvalue().splitlines() == said
