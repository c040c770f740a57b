"""What a config may say of streamed images."""

from __future__ import annotations

import sys

import pytest

from econas_jax.data.stream import StreamConfig
from econas_jax.errors import InputError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "image_folder"),
        ("workers", -1),
        ("workers", 1.5),
        ("validation", 1.0),
        ("flip", 1),
        ("smallest_area", 0.0),
        ("crop", 1.1),
    ],
)
def test_values_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(InputError, match=f"^data.{field} = "):
        StreamConfig(**{field: value})  # type: ignore[arg-type]


def test_without_grain_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grain", None)
    with pytest.raises(InputError, match=r'pip install "econas_jax\[imagenet\]"') as caught:
        StreamConfig().open(0, 32)
    assert "\n" not in str(caught.value)


def test_there_is_a_process_for_each_core_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    assert StreamConfig()._workers() == 3 and StreamConfig(workers=0)._workers() == 0
