"""Regularized evolution against the paper's algorithm written naively, and against its invariants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from naive_evolution import naive_evolution
from toy_search import LARGE, TINY, Accuracy, always_failing, last_state, made_up, often_failing, run

from econas_jax.algorithms import Member, RegularizedEvolution, RegularizedEvolutionConfig
from econas_jax.errors import InputError

CONFIG = RegularizedEvolutionConfig(population=8, sample=3, candidates=8 + 60, batch=1, epochs=6)


@pytest.mark.parametrize("accuracy", [made_up, often_failing])
@pytest.mark.parametrize("batch", [1, 4])
def test_agrees_with_the_paper_written_naively(accuracy: Accuracy, batch: int) -> None:
    algorithm = RegularizedEvolution(LARGE, replace(CONFIG, batch=batch), seed=5)
    steps = list(run(algorithm, accuracy))
    naive = naive_evolution(LARGE, 8, 3, 60 // batch, batch, 5, accuracy)
    trials = [(str(trial.genotype), trial.parent) for _, batch_, _ in steps for trial in batch_]
    assert trials == naive["log"]
    state = steps[-1][2]
    (population,) = algorithm.groups(state)
    assert [as_naive(member) for member in population.members] == [as_pair(model) for model in naive["population"]]
    assert [as_naive(member) for member in state.history] == [as_pair(model) for model in naive["history"]]
    assert algorithm.best(state)[0].accuracy == max(model["accuracy"] for model in naive["history"])


def as_naive(member: Member) -> tuple[int, float]:
    return member.candidate, member.accuracy


def as_pair(model: dict[str, Any]) -> tuple[int, float]:
    return model["name"], model["accuracy"]


def test_the_population_is_the_newest_that_completed_and_parents_are_in_it() -> None:
    algorithm = RegularizedEvolution(LARGE, replace(CONFIG, batch=5), seed=0)
    completed: list[int] = []
    for asked, trials, told in run(algorithm, often_failing):
        assert all(trial.parent in (completed[-8:] if asked.round else [None]) for trial in trials)
        accuracies = {trial.candidate: often_failing(trial.genotype, 6) for trial in trials}
        completed += [candidate for candidate, value in accuracies.items() if value is not None and 0 < value < 1]
        (population,) = algorithm.groups(told)
        assert [member.candidate for member in population.members] == completed[-8:]
    assert 8 < len(completed) < 68


def test_the_best_of_the_population_dies_of_age() -> None:
    algorithm = RegularizedEvolution(LARGE, CONFIG, seed=0)
    falling = iter(range(1_000, 0, -1))  # every candidate is worse than the one before
    state = last_state(algorithm, lambda *_: next(falling) / 1_000)
    (population,) = algorithm.groups(state)
    assert [member.candidate for member in population.members] == list(range(60, 68))
    assert algorithm.best(state, 1)[0].candidate == 0


def test_children_of_an_empty_population_are_drawn_at_random() -> None:
    steps = list(run(RegularizedEvolution(LARGE, replace(CONFIG, batch=6), seed=0), always_failing))
    assert [len(trials) for _, trials, _ in steps] == [8] + [6] * 10
    assert {trial.parent for _, trials, _ in steps for trial in trials} == {None}


def test_copies_come_as_often_as_asked() -> None:
    config = replace(CONFIG, candidates=8 + 2_000, batch=100, identity_probability=0.25)
    genotypes: dict[int | None, object] = {}
    copies = 0
    for _, trials, _ in run(RegularizedEvolution(LARGE, config, seed=0), made_up):
        copies += sum(genotypes.get(trial.parent) == trial.genotype for trial in trials)
        genotypes |= {trial.candidate: trial.genotype for trial in trials}
    assert abs(copies / 2_000 - 0.25) < 0.05  # five standard deviations


def test_repeats_are_trained_unless_they_are_to_be_skipped() -> None:
    config = replace(CONFIG, population=6, candidates=15, batch=3)  # of 16 functions
    repeating = last_state(RegularizedEvolution(TINY, config, seed=0), made_up)
    assert (len(repeating.seen) < 15, repeating.skipped_repeats) == (True, 0)
    skipping = last_state(RegularizedEvolution(TINY, replace(config, skip_repeats=True), seed=0), made_up)
    assert len(skipping.seen) == 15 and skipping.skipped_repeats > 0


def test_the_papers_numbers() -> None:
    config = RegularizedEvolutionConfig()
    assert (config.population, config.sample, config.stages) == (100, 25, 20_000)
    assert config.rounds * config.batch + config.population == config.stages


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("population", 0),
        ("sample", 0),
        ("sample", 2.0),
        ("candidates", 99),
        ("candidates", 200.0),
        ("candidates", "many"),
        ("batch", 0),
        ("epochs", 0),
        ("identity_probability", -0.1),
        ("identity_probability", 1),
        ("identity_probability", True),
        ("skip_repeats", None),
    ],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        RegularizedEvolutionConfig(**{field: value})
    assert caught.value.field == field


def test_copies_are_repeats() -> None:
    with pytest.raises(InputError, match="identity_probability = 0.05: expected 0 with skip.*skip_repeats=False$"):
        RegularizedEvolutionConfig(identity_probability=0.05, skip_repeats=True)


@pytest.mark.parametrize(
    ("fields", "trained"),
    [({"batch": 7}, 20_001), ({"population": 90}, 20_010), ({"candidates": 101}, 120), ({"candidates": 100}, 100)],
)
def test_batches_are_whole(fields: dict[str, Any], trained: int) -> None:
    config = RegularizedEvolutionConfig(**fields)
    assert config.candidates == config.stages == trained
    assert config.population + config.rounds * config.batch == trained


def test_a_population_of_more_than_all_candidates_is_told() -> None:
    with pytest.raises(InputError, match=r"^candidates = 20000: expected at least population \(30000\).* set both$"):
        RegularizedEvolutionConfig(population=30_000)


def test_a_sample_may_be_larger_than_the_population() -> None:
    config = RegularizedEvolutionConfig(population=4, sample=25, candidates=8, batch=2)
    assert len(last_state(RegularizedEvolution(TINY, config, seed=0), made_up).history) == 8
