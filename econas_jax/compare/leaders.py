"""The best candidates of a search while it goes on: those that would be trained in full were it to end now."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from econas_jax.search.history import StageRecord


class Leader(NamedTuple):
    """A candidate and its last stage."""

    candidate: int
    genotype: str
    epochs: int
    accuracy: float  # validation accuracy, a fraction of 1

    @property
    def rank(self) -> tuple[int, float, int]:
        """What leaders are sorted by: accuracies after different epochs do not compare; the older one of equals."""
        return -self.epochs, -self.accuracy, self.candidate


class Leaders:
    """The best of those trained the longest, each function once; a candidate whose last stage failed is out."""

    def __init__(self, count: int, function: Callable[[str], str]) -> None:
        """Begins empty. count: how many lead; function: a text that genotypes of one function share."""
        self._count, self._function = count, function
        self._reached: dict[int, Leader] = {}
        self.top: tuple[Leader, ...] = ()

    def add(self, stage: StageRecord) -> bool:
        """Takes note of a stage; says whether the leaders are others now."""
        before = self.top
        self._reached.pop(stage.candidate, None)
        new = None
        if stage.validation_accuracy is not None:
            new = Leader(stage.candidate, stage.genotype, stage.epochs, stage.validation_accuracy)
            self._reached[stage.candidate] = new
        if any(leader.candidate == stage.candidate for leader in before):
            self.top = ()
            for leader in sorted(self._reached.values(), key=lambda leader: leader.rank):
                if len(self.top) == self._count:
                    break
                self._insert(leader)
        elif new is not None and (len(before) < self._count or new.rank < before[-1].rank):
            self._insert(new)
        return self.top != before

    def _insert(self, new: Leader) -> None:
        function = self._function(new.genotype)
        same = [leader for leader in self.top if self._function(leader.genotype) == function]
        if same and same[0].rank < new.rank:
            return
        others = [leader for leader in self.top if leader not in same]
        self.top = tuple(sorted([*others, new], key=lambda leader: leader.rank)[: self._count])
