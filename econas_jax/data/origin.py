"""Where the images of a split come from: what was read, what was passed over, what was changed on the way."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Count:
    """A number of files or images that share a fate, and one of them by name."""

    what: str
    number: int
    example: str

    def __str__(self) -> str:
        return f"{self.number:,} ({self.what}, {'' if self.number == 1 else 'such as '}{self.example!r})"


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a split's images come from."""

    source: str  # for people: "train/", "held out of the training images"
    passed_over: tuple[Count, ...] = ()  # what lay there and was not read, by the reason
    treated: tuple[Count, ...] = ()  # images that were changed by more than cutting and shrinking

    def facts(self) -> dict[str, Any]:
        """Returns the same in JSON's types."""
        return dataclasses.asdict(self)


class Tally:
    """Counts what happens to files while they are read."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}

    def add(self, what: str, example: str) -> None:
        """Counts one more; the first example is the one that is kept."""
        before = self._counts.get(what, Count(what, 0, example))
        self._counts[what] = dataclasses.replace(before, number=before.number + 1)

    def counts(self) -> tuple[Count, ...]:
        """Returns all counts, in the order in which each was first met."""
        return tuple(self._counts.values())
