"""ProxylessNAS's space of inverted bottlenecks, MobileNetV2, and the networks that ProxylessNAS published.

Cai et al., "ProxylessNAS" (ICLR 2019); mit-han-lab/proxylessnas, `search/models/super_nets/super_proxyless.py`. The
sizes of the published networks are those that pytorchcv builds (`models/proxylessnas.py`): their stages are not the
search's default ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from econas_jax.errors import require, require_integer, require_number
from econas_jax.spaces.chain.blocks import IDENTITY, Block, Unit, mbconv
from econas_jax.spaces.chain.network import Chain
from econas_jax.spaces.chain.space import ChainSpace

KERNELS = (3, 5, 7)
EXPANSIONS = (3, 6)
ZERO = "zero"  # the candidate that leaves a block out, where its input has the shape of its output
LABELS = (*(f"k{kernel}e{expansion}" for kernel in KERNELS for expansion in EXPANSIONS), ZERO)

STEM, FIRST, LAST = 32, 16, 1280  # channels: of the stem, of the first block, of the last convolution
WIDTHS = (24, 40, 80, 96, 192, 320)
DEPTHS = (4, 4, 4, 4, 4, 1)
STRIDES = (2, 2, 2, 1, 2, 1)


def mbconv_space(
    width: float = 1.0,
    *,
    widths: Sequence[int] = WIDTHS,
    depths: Sequence[int] = DEPTHS,
    strides: Sequence[int] = STRIDES,
    stem_stride: int = 2,
) -> ChainSpace:
    """Returns the space with kernels 3, 5, 7 and expansions 3, 6 at each place, and Zero where that is possible.

    width: what channels are multiplied by, to the nearest multiple of 8; the last convolution's only if it is over 1.
    widths, depths, strides: of each stage its channels, blocks and the stride of its first block. stem_stride: 1 for
    small images. Raises InputError for values that make no network.
    """
    require_number("width", width, lambda value: 0 < value <= 16, "a positive number up to 16")
    require(len(widths) > 0, "widths", widths, "at least one stage")
    for name, values in (("depths", depths), ("strides", strides)):
        require(len(values) == len(widths), name, values, f"{len(widths)} numbers, as many as widths")
    for name, values, most in (("widths", widths, 10_000), ("depths", depths, 100), ("strides", strides, 2)):
        for value in values:
            require_integer(name, value, 1, most)
    require_integer("stem_stride", stem_stride, 1, 2)
    stem, channels = scaled(STEM, width), scaled(FIRST, width)
    fixed = mbconv(stem, channels, 3, 1)
    places = []
    for stage_width, depth, stage_stride in zip(widths, depths, strides, strict=True):
        outputs = scaled(stage_width, width)
        for stride in (stage_stride, *(1,) * (depth - 1)):
            places.append(_candidates(channels, outputs, stride))
            channels = outputs
    last = scaled(LAST, width) if width > 1 else LAST
    return ChainSpace(
        name="mbconv",
        stem=Unit(3, stem, 3, stem_stride, activation="relu6"),
        fixed=(fixed,),
        places=tuple(places),
        labels=LABELS,
        last=Unit(channels, last, activation="relu6"),
        classifier_bias=True,
        affine_supernet=True,
        initial="proxyless",
    )


def scaled(channels: int, width: float) -> int:
    """Returns the multiple of 8 that is nearest to channels * width, but not below nine tenths of it (MobileNetV2)."""
    exact = channels * width
    nearest = max(8, int(exact + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * exact else nearest + 8


def _candidates(inputs: int, outputs: int, stride: int) -> tuple[Block, ...]:
    made = tuple(mbconv(inputs, outputs, kernel, expansion, stride) for kernel in KERNELS for expansion in EXPANSIONS)
    return (*made, IDENTITY) if stride == 1 and inputs == outputs else made


def mbconv_chain(stem: int, blocks: Sequence[tuple[int, int, int, int]], last: int) -> Chain:
    """Returns a network of inverted bottlenecks: channels of the stem, (kernel, expansion, outputs, stride)s, the last.

    A kernel of 0 is a block that is left out.
    """
    made, channels = [], stem
    for kernel, expansion, outputs, stride in blocks:
        made.append(mbconv(channels, outputs, kernel, expansion, stride) if kernel else IDENTITY)
        channels = outputs
    first, end = Unit(3, stem, 3, 2, activation="relu6"), Unit(channels, last, activation="relu6")
    return Chain(first, tuple(made), end)


def _stages(*stages: tuple[int, int, Sequence[tuple[int, int]]]) -> list[tuple[int, int, int, int]]:
    """Returns blocks from stages: channels, stride of the first block, and (kernel, expansion)s."""
    return [
        (kernel, expansion, channels, stride if place == 0 else 1)
        for channels, stride, made in stages
        for place, (kernel, expansion) in enumerate(made)
    ]


_OUT = (0, 3)  # a block left out

MOBILENET_V2 = mbconv_chain(
    32,
    _stages(
        (16, 1, [(3, 1)]),
        (24, 2, [(3, 6)] * 2),
        (32, 2, [(3, 6)] * 3),
        (64, 2, [(3, 6)] * 4),
        (96, 1, [(3, 6)] * 3),
        (160, 2, [(3, 6)] * 3),
        (320, 1, [(3, 6)]),
    ),
    1280,
)
PROXYLESS_MOBILE = mbconv_chain(
    32,
    _stages(
        (16, 1, [(3, 1)]),
        (32, 2, [(5, 3), (3, 3), _OUT, _OUT]),
        (40, 2, [(7, 3), (3, 3), (5, 3), (5, 3)]),
        (80, 2, [(7, 6), (5, 3), (5, 3), (5, 3)]),
        (96, 1, [(5, 6), (5, 3), (5, 3), (5, 3)]),
        (192, 2, [(7, 6), (7, 6), (7, 3), (7, 3)]),
        (320, 1, [(7, 6)]),
    ),
    1280,
)
PROXYLESS_CPU = mbconv_chain(
    40,
    _stages(
        (24, 1, [(3, 1)]),
        (32, 2, [(3, 6), (3, 3), (3, 3), (3, 3)]),
        (48, 2, [(3, 6), (3, 3), (3, 3), (5, 3)]),
        (88, 2, [(3, 6), _OUT, _OUT, (3, 3)]),
        (104, 1, [(5, 6), (3, 3), (3, 3), (3, 3)]),
        (216, 2, [(5, 6), (5, 3), (5, 3), (3, 3)]),
        (360, 1, [(5, 6)]),
    ),
    1432,
)
PROXYLESS_GPU = mbconv_chain(
    40,
    _stages(
        (24, 1, [(3, 1)]),
        (32, 2, [(5, 3), _OUT, _OUT, _OUT]),
        (56, 2, [(7, 3), _OUT, _OUT, (3, 3)]),
        (112, 2, [(7, 6), _OUT, _OUT, (5, 3)]),
        (128, 1, [(5, 6), _OUT, (3, 3), (5, 3)]),
        (256, 2, [(7, 6), (7, 6), (7, 6), (5, 6)]),
        (432, 1, [(7, 6)]),
    ),
    1728,
)
