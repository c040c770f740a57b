"""ASHA against the paper's rule written naively, with one worker and with several that ask together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from toy_search import LARGE, Accuracy, made_up, often_failing, run

from econas_jax.algorithms import ASHA, ASHAConfig
from econas_jax.algorithms.drawing import function_of
from econas_jax.errors import InputError


def naive_asha(rounds: int, workers: int, eta: int, epochs: list[int], seed: int, accuracy: Accuracy) -> list[Any]:
    """Reads Algorithm 2 of the paper: each worker in turn gets a job; then all tell, in the same order."""
    rungs: list[list[dict[str, Any]]] = [[] for _ in epochs]  # what has completed each
    models: list[dict[str, Any]] = []
    seen: set[str] = set()
    log = []

    def get_job(round_: int, new: int) -> tuple[dict[str, Any], int]:
        for k in reversed(range(len(epochs) - 1)):
            by_accuracy = sorted(rungs[k], key=lambda entry: (-entry["accuracy"], entry["model"]["name"]))
            for entry in by_accuracy[: len(rungs[k]) // eta]:
                if entry["model"]["asked"] == k:
                    return entry["model"], k + 1
        rng = np.random.default_rng([seed, round_, new])
        while function_of(LARGE, genotype := LARGE.sample(rng)) in seen:
            pass
        seen.add(function_of(LARGE, genotype))
        models.append({"name": len(models), "genotype": genotype})
        return models[-1], 0

    for round_ in range(rounds + 1):
        jobs: list[tuple[dict[str, Any], int]] = []
        for _ in range(workers):
            model, k = get_job(round_, sum(k == 0 for _, k in jobs))
            model["asked"] = k
            jobs.append((model, k))
            log.append((model["name"], str(model["genotype"]), epochs[k]))
        for model, k in jobs:
            value = accuracy(model["genotype"], epochs[k])
            if value is not None and 0 < value < 1:
                rungs[k].append({"model": model, "accuracy": value})
    return log


@pytest.mark.parametrize("accuracy", [made_up, often_failing])
@pytest.mark.parametrize(("rounds", "workers"), [(120, 1), (30, 4)])
def test_agrees_with_the_paper_written_naively(rounds: int, workers: int, accuracy: Accuracy) -> None:
    config = ASHAConfig(rounds=rounds, batch=workers, eta=3, rungs=3, maximum_epochs=18)
    trials = [trial for _, batch, _ in run(ASHA(LARGE, config, 5), accuracy) for trial in batch]
    naive = naive_asha(rounds, workers, 3, [2, 6, 18], 5, accuracy)
    assert [(trial.candidate, str(trial.genotype), trial.end_epoch) for trial in trials] == naive
    assert {end for _, _, end in naive} == {2, 6, 18}


def test_every_batch_is_full() -> None:
    config = ASHAConfig(rounds=60, batch=5, eta=3, rungs=3, maximum_epochs=18)
    batches = [trials for _, trials, _ in run(ASHA(LARGE, config, 0), made_up)]
    assert {len(trials) for trials in batches} == {5}
    assert sum(map(len, batches)) == config.stages == 305


def test_epochs_of_the_rungs() -> None:
    assert ASHAConfig().rung_epochs == (6, 20, 60)
    assert ASHAConfig(eta=4, rungs=4, maximum_epochs=64).rung_epochs == (1, 4, 16, 64)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rounds", -1), ("batch", 0), ("eta", 1), ("rungs", 5), ("maximum_epochs", 2.0), ("skip_repeats", "yes")],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        ASHAConfig(**{field: value})
    assert caught.value.field == field
