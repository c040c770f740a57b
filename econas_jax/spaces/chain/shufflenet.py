"""The space of Single Path One-Shot: twenty blocks of ShuffleNetV2, each with one of four choices.

Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling" (ECCV 2020), Table 1;
megvii-model/SinglePathOneShot, `src/Search/network.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from econas_jax.errors import require, require_integer
from econas_jax.spaces.chain.blocks import Unit, shuffle, shuffle_xception
from econas_jax.spaces.chain.space import ChainSpace, Path

KERNELS = (3, 5, 7)
STEM, LAST = 16, 1024  # channels
WIDTHS = (64, 160, 320, 640)
DEPTHS = (4, 4, 8, 4)
PUBLISHED: Path = (2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3)  # the authors' network (README)


def shufflenet_space(
    *,
    widths: Sequence[int] = WIDTHS,
    depths: Sequence[int] = DEPTHS,
    stem: int = STEM,
    last: int = LAST,
    stem_stride: int = 2,
) -> ChainSpace:
    """Returns the space with shuffle blocks of kernels 3, 5, 7 and the xception-like one at each place.

    widths, depths: of each stage its channels, a multiple of 4, and its blocks, of which the first halves the map.
    stem, last: channels of the first and the last convolution; stem_stride: 1 for small images. Raises InputError for
    values that make no network.
    """
    require(len(widths) > 0, "widths", widths, "at least one stage")
    require(len(depths) == len(widths), "depths", depths, f"{len(widths)} numbers, as many as widths")
    before = stem
    for width, depth in zip(widths, depths, strict=True):
        require_integer("depths", depth, 1, 100)
        require_integer("widths", width, 4, 10_000)
        allowed = f"multiples of 4 that grow, from more than stem, {stem}"
        require(width % 4 == 0 and width > before, "widths", widths, allowed)
        before = width
    require_integer("stem", stem, 1)
    require_integer("last", last, 1)
    require_integer("stem_stride", stem_stride, 1, 2)
    places, channels = [], stem
    for outputs, depth in zip(widths, depths, strict=True):
        for stride in (2, *(1,) * (depth - 1)):
            plain = tuple(shuffle(channels, outputs, kernel, stride) for kernel in KERNELS)
            places.append((*plain, shuffle_xception(channels, outputs, stride)))
            channels = outputs
    return ChainSpace(
        name="shufflenet",
        stem=Unit(3, stem, 3, stem_stride, activation="relu"),
        fixed=(),
        places=tuple(places),
        labels=(*(f"shuffle{kernel}" for kernel in KERNELS), "xception"),
        last=Unit(channels, last, activation="relu"),
        classifier_bias=False,
        affine_supernet=False,
        initial="spos",
    )
