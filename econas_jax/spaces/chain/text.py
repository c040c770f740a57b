"""A chain as one line of text, and back: `mbconv(32/2 16:k3e1 24:k5e6/2 24:k3e3 24:zero 1280)`.

The first number is the stem's channels, with its stride, the last one those of the last convolution. A block is its
channels, its kind and its stride, where that is not 1.
"""

from __future__ import annotations

import re

from econas_jax.errors import InputError, require
from econas_jax.spaces.chain.blocks import IDENTITY, Activation, Block, Unit, mbconv, shuffle, shuffle_xception
from econas_jax.spaces.chain.network import Chain

KINDS = ("mbconv", "shufflenet")
ALLOWED = "a chain, such as mbconv(32/2 16:k3e1 24:k5e6/2 24:zero 1280) or shufflenet(16/2 64:shuffle5/2 1024)"
MAXIMUM_CHARACTERS = 100_000
MOST_CHANNELS = 100_000

_WHOLE = re.compile(r"(mbconv|shufflenet)\((\d{1,6})(/2)?((?: \d{1,6}:[a-z0-9]{4,12}(?:/2)?)+) (\d{1,6})\)", re.ASCII)
_BLOCK = re.compile(r"(\d+):(?:k(\d{1,2})e(\d{1,2})|shuffle(\d{1,2})|(xception)|(zero))(/2)?", re.ASCII)


def chain_text(chain: Chain) -> str:
    """Returns a chain as `parse_chain` reads it."""
    kind = KINDS[chain.initial == "spos"]
    parts, channels = [], chain.stem.outputs
    for block in chain.blocks:
        channels = _outputs(block, channels)
        parts.append(f"{channels}:{_name(block)}{'/2' if any(unit.stride == 2 for unit in block.main) else ''}")
    stride = "/2" if chain.stem.stride == 2 else ""
    return f"{kind}({chain.stem.outputs}{stride} {' '.join(parts)} {chain.last.outputs})"


def parse_chain(text: str) -> Chain:
    """Inverts `chain_text`; raises InputError for a text that is no chain."""
    bare = text.strip().strip("'\"").strip() if len(text) <= MAXIMUM_CHARACTERS else ""
    match = _WHOLE.fullmatch(bare)
    if match is None:
        raise InputError("genotype", text[:200], ALLOWED)
    kind, stem, halved, middle, last = match.groups()
    blocks, channels = [], _channels(stem)
    for part in middle.split():
        found = _BLOCK.fullmatch(part)
        if found is None:
            raise InputError("genotype", part, ALLOWED)
        outputs = _channels(found[1])
        blocks.append(_block(kind, channels, outputs, found))
        channels = outputs
    activation: Activation = "relu" if kind == "shufflenet" else "relu6"
    ends = (
        Unit(3, _channels(stem), 3, 2 if halved else 1, False, activation),
        Unit(channels, _channels(last), activation=activation),
    )
    if kind == "shufflenet":
        return Chain(ends[0], tuple(blocks), ends[1], classifier_bias=False, initial="spos")
    return Chain(ends[0], tuple(blocks), ends[1])


def _block(kind: str, inputs: int, outputs: int, found: re.Match[str]) -> Block:
    _, kernel, expansion, shuffled, xception, zero, halved = found.groups()
    stride = 2 if halved else 1
    if zero is not None:
        require(inputs == outputs and stride == 1, "genotype", found[0], f"{inputs}:zero, which changes nothing")
        return IDENTITY
    fits = (kind == "mbconv") == (kernel is not None)
    require(fits, "genotype", found[0], f"a block of {kind}")
    if kernel is not None:
        _require_kernel(found[0], int(kernel))
        require(int(expansion) >= 1, "genotype", found[0], "an expansion of at least 1")
        return mbconv(inputs, outputs, int(kernel), int(expansion), stride)
    allowed = f"an even number of channels, {inputs} at stride 1, more at stride 2"
    fits = outputs % 2 == 0 and (outputs > inputs if stride == 2 else outputs == inputs)
    require(fits, "genotype", found[0], allowed)
    if xception is not None:
        return shuffle_xception(inputs, outputs, stride)
    _require_kernel(found[0], int(shuffled))
    return shuffle(inputs, outputs, int(shuffled), stride)


def _require_kernel(part: str, kernel: int) -> None:
    require(kernel % 2 == 1, "genotype", part, "an odd kernel")


def _channels(text: str) -> int:
    require(1 <= int(text) <= MOST_CHANNELS, "genotype", text, f"channels from 1 to {MOST_CHANNELS}")
    return int(text)


def _outputs(block: Block, inputs: int) -> int:
    if not block.main:
        return inputs
    other = block.side[-1].outputs if block.side else inputs // 2
    return block.main[-1].outputs + (other if block.join == "shuffle" else 0)


def _name(block: Block) -> str:
    if not block.main:
        return "zero"
    filtering = next(unit for unit in block.main if unit.depthwise)
    if block.join != "shuffle":
        return f"k{filtering.kernel}e{filtering.inputs // block.main[0].inputs}"
    return "xception" if block.main[0].depthwise else f"shuffle{filtering.kernel}"
