"""A chain's text: both ways, for published networks and random paths, and one line for everything else."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.chain import Chain, ChainSpace, chain_text, mbconv_space, parse_chain, shufflenet_space
from econas_jax.spaces.chain.mbconv import MOBILENET_V2, PROXYLESS_CPU, PROXYLESS_GPU, PROXYLESS_MOBILE

SPACES = [mbconv_space(), mbconv_space(0.5, stem_stride=1), shufflenet_space(), shufflenet_space(stem_stride=1)]


@pytest.mark.parametrize("chain", [MOBILENET_V2, PROXYLESS_MOBILE, PROXYLESS_CPU, PROXYLESS_GPU])
def test_published_networks_are_read_back(chain: Chain) -> None:
    assert parse_chain(f" '{chain_text(chain)}' ") == chain


@pytest.mark.parametrize("space", SPACES)
def test_random_paths_are_read_back(space: ChainSpace) -> None:
    for seed in range(20):
        chain = space.network(space.sample(np.random.default_rng(seed)))
        assert parse_chain(chain_text(chain)) == chain


def test_a_text_says_what_it_is() -> None:
    path = (5, 0, *(6,) * 2, *(0,) * 17)
    begin = "mbconv(32/2 16:k3e1 24:k7e6/2 24:k3e3 24:zero 24:zero 40:k3e3/2 "
    assert chain_text(mbconv_space().network(path)).startswith(begin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mbconv()",
        "mbconv(32/2 1280)",
        "mbconv(32/2 16:k3e1)",
        "mbconv(32/2 16:k4e1 1280)",
        "mbconv(32/2 16:k3e0 1280)",
        "mbconv(32/2 16:zero 1280)",
        "mbconv(0 16:k3e1 1280)",
        "mbconv(32/2 16:shuffle3/2 1280)",
        "mbconv(32/2 16:k3e1/3 1280)",
        "shufflenet(16/2 64:k3e1 1024)",
        "shufflenet(16/2 64:shuffle3 1024)",
        "shufflenet(16/2 16:shuffle3/2 1024)",
        "shufflenet(16/2 31:xception/2 1024)",
        "mbconv(" + "9" * 200_000,
        "mbconv(٣2/2 16:k3e1 1280)",
    ],
)
def test_other_texts_are_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_chain(text)
    assert caught.value.field == "genotype" and len(str(caught.value)) < 500
