"""Published parameters and multiply-adds of networks whose blocks stand in a chain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.chain import Chain, ChainSpace, mbconv_space, multiply_adds, parameters, shufflenet_space
from econas_jax.spaces.chain.mbconv import MOBILENET_V2, PROXYLESS_CPU, PROXYLESS_GPU, PROXYLESS_MOBILE
from econas_jax.spaces.chain.shufflenet import PUBLISHED

MBCONV, SHUFFLENET = mbconv_space(), shufflenet_space()


# Sources: torchvision's documentation; pytorchcv's own asserts; the READMEs of proxylessnas and SinglePathOneShot.
@pytest.mark.parametrize(
    ("network", "published", "millions"),
    [
        pytest.param(MOBILENET_V2, 3_504_872, "300.77", id="MobileNetV2"),
        pytest.param(PROXYLESS_MOBILE, 4_080_512, "320.4", id="mobile"),
        pytest.param(PROXYLESS_CPU, 4_361_648, "439.2", id="cpu"),
        pytest.param(PROXYLESS_GPU, 7_119_848, "465.3", id="gpu"),
        pytest.param(MBCONV.network((0,) * 21), 3_191_928, "257.4", id="smallest"),
        pytest.param(MBCONV.network((5,) * 21), 5_103_336, "606.6", id="largest"),
        pytest.param(SHUFFLENET.network(PUBLISHED), 3_558_464, "322.92", id="SPOS"),
        pytest.param(SHUFFLENET.network((0,) * 20), None, "295.84", id="all 3x3"),
        pytest.param(SHUFFLENET.network((3,) * 20), None, "358.83", id="all xception"),
    ],
)
def test_published_counts(network: Chain, published: int | None, millions: str) -> None:
    if published is not None:
        assert parameters(network, num_classes=1000) == published
    made = multiply_adds(network, resolution=224, num_classes=1000) / 1e6
    assert f"{made:.{len(millions.partition('.')[2])}f}" == millions


def test_the_spaces_have_their_published_sizes() -> None:
    assert MBCONV.supernet_parameters(1000) == 16_034_168
    assert mbconv_space(0.5).supernet_parameters(1000) == 5_544_112
    assert (len(MBCONV.places), MBCONV.choices, MBCONV.size) == (21, 141, 7**15 * 6**6)
    assert SHUFFLENET.supernet_parameters(1000) == 8_388_176
    assert (len(SHUFFLENET.places), SHUFFLENET.size) == (20, 4**20)


@pytest.mark.parametrize("space", [MBCONV, SHUFFLENET], ids=["mbconv", "shufflenet"])
def test_a_path_costs_what_its_places_add(space: ChainSpace) -> None:
    base, table = space.multiply_adds(112, 10)
    path = space.sample(np.random.default_rng(3))
    added = base + sum(costs[number] for costs, number in zip(table, path, strict=True))
    assert added == multiply_adds(space.network(path), resolution=112, num_classes=10)


def test_mutations_redraw_the_share_of_places_that_was_asked_for() -> None:
    rng = np.random.default_rng(0)
    path = (0,) * 20
    changed = sum(number != 0 for _ in range(300) for number in SHUFFLENET.mutate(path, 0.4, rng))
    assert changed / (300 * 20) == pytest.approx(0.4 * 3 / 4, abs=0.02)
    assert SHUFFLENET.mutate(path, 0.0, rng) == path


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: mbconv_space(0), "width"),
        (lambda: mbconv_space(widths=(8, 16)), "depths"),
        (lambda: mbconv_space(widths=(8,), depths=(1,), strides=(3,)), "strides"),
        (lambda: shufflenet_space(widths=(64, 66, 68, 72)), "widths"),
        (lambda: shufflenet_space(widths=(16, 160, 320, 640)), "widths"),
        (lambda: MBCONV.network((0,) * 20), "path"),
        (lambda: MBCONV.network((6, *(0,) * 20)), "path"),
        (lambda: parameters(MOBILENET_V2, num_classes=1), "num_classes"),
    ],
)
def test_refused_values(call: Callable[[], object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
