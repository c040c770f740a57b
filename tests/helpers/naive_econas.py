"""Algorithm 1 with lists that change in place, read off the paper; it shares the config and genotypes alone.

With a lag its cycles overlap: each is decided as soon as the one so many and one more before it is over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from toy_search import Accuracy, ToySpace

from econas_jax.algorithms import EcoNASConfig


def naive_search(space: ToySpace, config: EcoNASConfig, seed: int, accuracy: Accuracy) -> dict[str, Any]:
    p: list[list[dict[str, Any]]] = [[], [], []]
    history: list[dict[str, Any]] = []
    seen: set[str] = set()
    log: list[tuple[int, int, int]] = []  # candidate, start, end
    names = iter(range(10**6))
    skips = 0

    def train(model: dict[str, Any], start: int, end: int, cycle: int) -> bool:
        log.append((model["name"], start, end))
        value = accuracy(model["genotype"], end)
        model.update(accuracy=value, updated=cycle)
        return value is not None and abs(value) < 10

    def create(parent: dict[str, Any] | None, rng: np.random.Generator) -> dict[str, Any] | None:
        nonlocal skips
        genotype = space.mutate(parent["genotype"], rng) if parent else space.sample(rng)
        for attempt in range(1, 1002):
            if not config.skip_repeats or str(genotype.canonical()) not in seen:
                break
            skips += 1
            if attempt > 20:
                genotype = space.mutate(genotype, rng)
            else:
                genotype = space.mutate(parent["genotype"], rng) if parent else space.sample(rng)
        else:
            return None  # the space is used up
        seen.add(str(genotype.canonical()))
        return {"name": next(names), "genotype": genotype, "parent": parent and parent["name"]}

    def top(models: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
        best_last = sorted(models, key=lambda model: (model["accuracy"], -model["name"]))
        return best_last[::-1][:count]

    def make_children(cycle: int) -> list[dict[str, Any]]:
        wanted = [k for k, share in enumerate(config.parents_per_population) for _ in range(share)]
        fallback = {0: (0, 1, 2), 1: (1, 0, 2), 2: (2, 1, 0)}
        children = []
        for i, k in enumerate(wanted):
            rng = np.random.default_rng([seed, cycle, i])
            pool = next((p[other] for other in fallback[k] if p[other]), None)
            parent = None
            if pool is not None:
                size = len(pool) // config.tournament_divisor + 1
                parent = top([pool[draw] for draw in rng.integers(len(pool), size=size)], 1)[0]
            children.append(create(parent, rng))
        return [child for child in children if child is not None]

    def over(cycle: int) -> None:
        for k in range(3):
            p[k] = [m for m in p[k] if cycle - m["updated"] < config.lifetime or m["name"] in busy]

    busy: set[int] = set()
    first = [create(None, np.random.default_rng([seed, 0, i])) for i in range(config.initial_population)]
    # By cycle: the models that train, each with the number of the population it is promoted from.
    decided: dict[int, list[tuple[dict[str, Any], int | None]]] = {0: [(m, None) for m in first if m is not None]}
    for cycle in range(config.cycles + 1) if config.lag else ():
        for later in [cycle + config.lag] if cycle else range(1, config.lag + 1):
            decided[later] = [(child, None) for child in make_children(later)]
            for k, count in ((0, config.promotions_to_2e), (1, config.promotions_to_3e)):
                decided[later] += [(m, k) for m in top([m for m in p[k] if m["name"] not in busy], count)]
            busy |= {model["name"] for model, _ in decided[later]}
        for model, source in decided[cycle]:
            if source is not None:
                p[source].remove(model)
            begun = 0 if source is None else (source + 1) * config.epochs
            if train(model, begun, begun + config.epochs, cycle):
                p[begun // config.epochs].append(model)
                if source == 1:
                    history.append(dict(model))
            busy.discard(model["name"])
        over(cycle)
    if config.lag:
        return {"populations": p, "history": history, "log": log, "skips": skips, "seen": seen}

    p[0] += [model for model, _ in decided[0] if train(model, 0, config.epochs, 0)]
    for cycle in range(1, config.cycles + 1):
        p[0] += [child for child in make_children(cycle) if train(child, 0, config.epochs, cycle)]
        for k, count in ((0, config.promotions_to_2e), (1, config.promotions_to_3e)):
            for model in top(p[k], count):
                p[k].remove(model)
                if train(model, (k + 1) * config.epochs, (k + 2) * config.epochs, cycle):
                    p[k + 1].append(model)
                    if k == 1:
                        history.append(dict(model))
        over(cycle)
    return {"populations": p, "history": history, "log": log, "skips": skips, "seen": seen}
