"""The texts of a diagram: how names and operations are written, and how large they are."""

from __future__ import annotations

from econas_jax.figures.style import text_width

LABEL_SIZE = 9  # points
LABEL_LINE = 0.145  # inches, of a label's line

# Pale tints of the palette, by the first word of an operation's name.
TINTS = {
    "sep": "#D2EBDD",
    "dil": "#E9DDF0",
    "max": "#FBEFC2",
    "avg": "#FBEFC2",
    "skip": "#F0F0F0",
    "conv": "#EBDFD2",
    "nor": "#EBDFD2",
}
OTHER_TINT = "#DFEAF4"


def wrapped(operation: str) -> str:
    """Breaks an operation's name at the underscore that leaves the shortest lines, so that its label is narrow."""
    words = operation.split("_")
    breaks = [("_".join(words[:place]), "_".join(words[place:])) for place in range(len(words) - 1, 0, -1)]
    pairs = [pair for pair in breaks if all(pair)]
    return "\n".join(min(pairs, key=lambda pair: max(map(len, pair)), default=(operation,)))


def tint(operation: str) -> str:
    """Returns the colour of an operation's label."""
    return TINTS.get(operation.split("_")[0], OTHER_TINT)


def label_width(operation: str) -> float:
    """Returns the width of an operation's wrapped name, in inches."""
    return max(text_width(line, LABEL_SIZE) for line in wrapped(operation).split("\n"))
