"""Proxies: Table 1 of the paper, names, validation, and relative cost against exact multiply-adds."""

from __future__ import annotations

import itertools

import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import multiply_adds
from econas_jax.spaces.darts.published import DARTS_V2
from econas_jax.spaces.proxy import CHANNELS, RESOLUTIONS, SAMPLE_RATIOS, Proxy


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("c0r0s0e600", (36, 32, 1.0, 600)),
        ("c4r4s0e60", (9, 8, 1.0, 60)),  # recommended
        ("c3r2s1e60", (12, 16, 0.5, 60)),
        ("c1r3s4e30", (24, 12, 0.0625, 30)),
        ("c2r1s3e35", (18, 24, 0.125, 35)),
        ("c0r0s2e20", (36, 32, 0.25, 20)),
    ],
)
def test_names_stand_for_table_1(name: str, values: tuple[int, int, float, int]) -> None:
    assert Proxy.parse(name) == Proxy(*values)
    assert str(Proxy(*values)) == name


def test_table_follows_the_papers_rule() -> None:
    # c0 / sqrt(2)^x where that is a whole number, else the nearest multiple of 4.
    for table in (CHANNELS, RESOLUTIONS):
        exact = [table[0] / 2 ** (x / 2) for x in range(5)]
        rule = [round(value) if abs(value - round(value)) < 1e-9 else 4 * round(value / 4) for value in exact]
        assert list(table) == rule
    assert tuple(2.0**-x for x in range(5)) == SAMPLE_RATIOS


def test_nominal_speedup() -> None:
    assert Proxy.parse("c4r4s0e60").nominal_speedup == 256
    assert Proxy.parse("c0r0s0e600").nominal_speedup == 1
    assert Proxy.parse("c1r2s3e1").nominal_speedup == 64


def test_other_values_have_no_name_and_no_nominal_speedup() -> None:
    proxy = Proxy(channels=10, resolution=8, sample_ratio=1, epochs=60)
    assert str(proxy) == "10 channels, 8x8 pixels, all images, 60 epochs"
    assert proxy.subscripts is None
    with pytest.raises(InputError, match="Table 1"):
        _ = proxy.nominal_speedup


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((8, 8, 1.0, 9), "8 channels, 8x8 pixels, all images, 9 epochs"),
        ((1, 32, 0.3, 1), "1 channel, 32x32 pixels, 30 % of the images, 1 epoch"),
        ((36, 20, 0.0625, 2), "36 channels, 20x20 pixels, 6.25 % of the images, 2 epochs"),
    ],
)
def test_values_without_a_name_are_told_in_words(values: tuple[int, int, float, int], text: str) -> None:
    assert str(Proxy(*values)) == text


def test_every_name_is_its_own() -> None:
    names = [f"c{c}r{r}s{s}e7" for c, r, s in itertools.product(range(5), repeat=3)]
    assert [str(Proxy.parse(name)) for name in names] == names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "c4r4s0",
        "c5r0s0e60",
        "c4r4s0e0",
        "c4r4s0e060",
        "C4r4s0e60",
        "c4r4s0e60 ",
        "c4r4s0e60\n",
        "c4r4s0e٦",
        None,
        4,
    ],
)
def test_parse_refuses_other_names(name: object) -> None:
    with pytest.raises(InputError, match="c4r4s0e60"):
        Proxy.parse(name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channels", 0),
        ("channels", 9.0),
        ("resolution", 3),
        ("resolution", True),
        ("sample_ratio", 0),
        ("sample_ratio", -0.5),
        ("sample_ratio", 1.5),
        ("sample_ratio", float("nan")),
        ("sample_ratio", True),
        ("sample_ratio", "1"),
        ("epochs", 0),
        ("epochs", 60.0),
    ],
)
def test_refuses_values_out_of_range(field: str, value: object) -> None:
    values: dict[str, object] = {"channels": 9, "resolution": 8, "sample_ratio": 1.0, "epochs": 60, field: value}
    with pytest.raises(InputError) as caught:
        Proxy(**values)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_relative_cost() -> None:
    reference = Proxy.parse("c0r0s0e60")
    assert Proxy.parse("c4r4s0e60").relative_cost(reference) == pytest.approx(1 / 256)
    assert Proxy.parse("c1r0s0e25").relative_cost(reference) == pytest.approx(4 / 9 * 25 / 60)  # AmoebaNet's, N apart
    assert Proxy.parse("c0r0s3e60").relative_cost(reference) == pytest.approx(1 / 8)
    assert Proxy.parse("c0r0s0e600").relative_cost(Proxy(72, 64, 0.25, 30)) == pytest.approx(5)


def test_relative_cost_is_the_leading_order_of_the_multiply_adds() -> None:
    small, large = Proxy(144, 16, 1, 60), Proxy(576, 64, 1, 60)
    exact = [
        multiply_adds(DARTS_V2, channels=proxy.channels, cells_per_stage=2, resolution=proxy.resolution)
        for proxy in (small, large)
    ]
    assert small.relative_cost(large) == pytest.approx(exact[0] / exact[1], rel=0.05)
