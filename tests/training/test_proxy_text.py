"""Proxies as texts: the paper's names, and fields that differ from another proxy."""

from __future__ import annotations

import pytest

from econas_jax.errors import InputError
from econas_jax.training.config import ProxyConfig
from econas_jax.training.proxy_text import parse_proxy, proxy_text

USUAL = ProxyConfig(channels=7, resolution=20, sample_ratio=0.3)


@pytest.mark.parametrize(
    ("text", "proxy", "written"),
    [
        ("", USUAL, "channels=7 resolution=20 sample_ratio=0.3"),
        ("c4r3s1", ProxyConfig(9, 12, 0.5), "c4r3s1"),
        ("resolution=12", ProxyConfig(7, 12, 0.3), "channels=7 resolution=12 sample_ratio=0.3"),
        ("sample_ratio=1  channels=36 resolution=32", ProxyConfig(36, 32, 1.0), "c0r0s0"),
    ],
)
def test_a_text_names_a_proxy_and_a_proxy_has_a_text(text: str, proxy: ProxyConfig, written: str) -> None:
    assert parse_proxy(text, USUAL) == proxy
    assert proxy_text(proxy) == written
    assert parse_proxy(written, ProxyConfig()) == proxy


@pytest.mark.parametrize("text", ["c4r4s0e60", "c5r0s0", "size=8", "channels=a", "channels", "channels=8,resolution=8"])
def test_what_names_no_proxy_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"expected a name such as c4r4s0, or fields") as refused:
        parse_proxy(text, USUAL)
    assert refused.value.value == text


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("resolution=10", "proxy.resolution to be a multiple of 4"),
        ("channels=0", "proxy.channels to be a whole number"),
        ("sample_ratio=nan", "proxy.sample_ratio to be a number in"),
    ],
)
def test_values_out_of_range_are_named(text: str, allowed: str) -> None:
    with pytest.raises(InputError, match=f"{text}.*{allowed}"):
        parse_proxy(text, USUAL)
