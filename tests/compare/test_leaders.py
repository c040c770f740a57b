"""The leaders of a search are those that a plain sort of all last stages gives, after every stage."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.compare.leaders import Leaders
from econas_jax.search.history import StageRecord


def stage(candidate: int, genotype: str, epochs: int, accuracy: float | None, start: int = 0) -> StageRecord:
    return StageRecord(
        candidate=candidate,
        parent=None,
        round=0,
        phase="",
        genotype=genotype,
        start_epoch=start,
        epochs=epochs,
        train_accuracy=None,
        train_loss=None,
        validation_accuracy=accuracy,
        validation_loss=None,
        parameters=0,
        multiply_adds=0,
        seconds=float(epochs - start),
        status="completed" if accuracy is not None else "diverged",
    )


def sorted_plainly(stages: list[StageRecord], count: int) -> list[int]:
    """The candidates that lead, found anew from all stages."""
    last = {each.candidate: each for each in stages}
    known = [each for each in last.values() if each.validation_accuracy is not None]
    known.sort(key=lambda each: (-each.epochs, -(each.validation_accuracy or 0), each.candidate))
    leading: dict[str, int] = {}
    for each in known:
        leading.setdefault(each.genotype.lower(), each.candidate)
    return list(leading.values())[:count]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_leaders_after_every_stage(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    leaders, done = Leaders(count, str.lower), list[StageRecord]()
    reached: dict[int, int] = {}
    texts: dict[int, str] = {}
    for number in range(150):
        again = [candidate for candidate, epochs in reached.items() if epochs < 9]
        candidate = int(rng.choice(again)) if again and rng.random() < 0.4 else number
        texts.setdefault(candidate, str(rng.choice(list("abcdefghABCDEFGH"))))  # a and A are one function
        start = reached.get(candidate, 0)
        accuracy = None if rng.random() < 0.1 else float(rng.integers(20)) / 20  # with ties
        before = leaders.top
        done.append(stage(candidate, texts[candidate], start + 3, accuracy, start))
        assert leaders.add(done[-1]) == (leaders.top != before)
        assert [leader.candidate for leader in leaders.top] == sorted_plainly(done, count)
        reached[candidate] = 9 if accuracy is None else start + 3
