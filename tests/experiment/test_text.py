"""Numbers as people read them."""

from __future__ import annotations

import pytest

from econas_jax.experiment.text import percent


@pytest.mark.parametrize(("fraction", "text"), [(0.9722, "97.22 %"), (1.0, "100.00 %"), (0, "0.00 %"), (None, "-")])
def test_percent(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text
