"""Regularized evolution read off the paper's Algorithm 1, with a queue that changes in place."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from toy_search import Accuracy, ToySpace


def naive_evolution(
    space: ToySpace, population_size: int, sample_size: int, cycles: int, batch: int, seed: int, accuracy: Accuracy
) -> dict[str, Any]:
    """Runs cycles of `batch` children each; nothing is skipped and no child is a copy."""
    population: deque[dict[str, Any]] = deque()
    history: list[dict[str, Any]] = []
    log: list[tuple[str, int | None]] = []  # of every model, failed ones too: its genotype and its parent

    def train(models: list[dict[str, Any]]) -> None:
        for model in models:
            model["name"] = len(log)
            model["accuracy"] = accuracy(model["arch"], 6)
            log.append((str(model["arch"]), model["parent"]))
            if model["accuracy"] is not None and abs(model["accuracy"]) < 10:
                population.append(model)  # on the right
                history.append(model)
                if len(population) > population_size:
                    population.popleft()  # on the left: the oldest

    train([{"arch": space.sample(np.random.default_rng([seed, 0, i])), "parent": None} for i in range(population_size)])
    for cycle in range(1, cycles + 1):
        children: list[dict[str, Any]] = []
        for i in range(batch):
            rng = np.random.default_rng([seed, cycle, i])
            sample = [population[place] for place in rng.integers(len(population), size=sample_size)]
            parent = sample[0]
            for rival in sample[1:]:
                better = rival["accuracy"] > parent["accuracy"]
                tie_won = rival["accuracy"] == parent["accuracy"] and rival["name"] < parent["name"]
                if better or tie_won:
                    parent = rival
            rng.random()  # whether the child is a copy
            children.append({"arch": space.mutate(parent["arch"], rng), "parent": parent["name"]})
        train(children)
    return {"population": list(population), "history": history, "log": log}
