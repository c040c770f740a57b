"""EcoNAS against a trajectory written down, against Algorithm 1 written naively, and against its own promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from naive_econas import naive_search
from toy_search import LARGE, SMALL, TINY, Accuracy, ToySpace, always_failing, last_state, made_up, often_failing, run

from econas_jax.algorithms import EcoNAS, EcoNASConfig, Member, Result, Trial
from econas_jax.algorithms.drawing import function_of
from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.space import Genotype


@pytest.mark.parametrize("accuracy", [made_up, often_failing, always_failing])
@pytest.mark.parametrize("space", [LARGE, TINY])
@pytest.mark.parametrize("skip_repeats", [True, False])
def test_agrees_with_algorithm_1_written_naively(accuracy: Accuracy, space: ToySpace, skip_repeats: bool) -> None:
    cycles = 3 if space is TINY else 8  # 17 candidates, one more than TINY has functions
    config = replace(SMALL, cycles=cycles, skip_repeats=skip_repeats)
    phases = list(run(EcoNAS(space, config, seed=2), accuracy))
    naive = naive_search(space, config, 2, accuracy)
    log = [(trial.candidate, trial.start_epoch, trial.end_epoch) for _, trials, _ in phases for trial in trials]
    state = phases[-1][2]
    assert log == naive["log"]
    assert [[as_naive(m) for m in population] for population in state.populations] == naive["populations"]
    assert [as_naive(member) for member in state.finished] == naive["history"]
    assert (state.skipped_repeats, state.seen) == (naive["skips"], naive["seen"])
    assert (state.phase, state.round) == ("done", cycles)


@pytest.mark.parametrize("accuracy", [made_up, often_failing, always_failing])
@pytest.mark.parametrize(("space", "lag"), [(LARGE, 1), (LARGE, 2), (LARGE, 5), (TINY, 1)])
def test_agrees_with_overlapping_cycles_written_naively(accuracy: Accuracy, space: ToySpace, lag: int) -> None:
    cycles = 4 if space is TINY else 12  # TINY is used up in the third, and each draw after that takes long to give up
    config = replace(SMALL, cycles=cycles, lag=lag)
    steps = list(run(EcoNAS(space, config, seed=2), accuracy))
    naive = naive_search(space, config, 2, accuracy)
    assert [(t.candidate, t.start_epoch, t.end_epoch) for _, trials, _ in steps for t in trials] == naive["log"]
    state = steps[-1][2]
    assert [[as_naive(m) for m in population] for population in state.populations] == naive["populations"]
    assert [as_naive(member) for member in state.finished] == naive["history"]
    assert state.seen == naive["seen"]
    if space is LARGE:  # a batch that is empty because the space is used up counts no skips
        assert state.skipped_repeats == naive["skips"]


def test_a_lag_too_long_for_the_cycles_is_refused() -> None:
    expected = r"^lag = 2: expected at most 1, for the first to be promoted twice within 5 cycles$"
    with pytest.raises(InputError, match=expected):
        replace(SMALL, cycles=5, lag=2)
    stages = [
        trial for _, trials, _ in run(EcoNAS(LARGE, replace(SMALL, cycles=6, lag=2), 0), made_up) for trial in trials
    ]
    assert max(trial.end_epoch for trial in stages) == 30 and len(stages) == replace(SMALL, cycles=6, lag=2).stages


def as_naive(member: Member) -> dict[str, Any]:
    return {
        "name": member.candidate,
        "genotype": member.genotype,
        "parent": member.parent,
        "accuracy": member.accuracy,
        "updated": member.updated,
    }


# A golden trajectory: what is trained from scratch as (candidate, parent), what is promoted as candidates, best first.

GOLDEN: list[tuple[int, str, Sequence[object]]] = [
    (0, "initial", [(0, None), (1, None), (2, None), (3, None), (4, None)]),
    (1, "children", [(5, 3), (6, 3), (7, 3), (8, 1)]),
    (1, "promote_2e", [1, 3]),
    (1, "promote_3e", [1]),
    (2, "children", [(9, 5), (10, 0), (11, 3), (12, 1)]),
    (2, "promote_2e", [7, 12]),
    (2, "promote_3e", [7]),
    (3, "children", [(13, 10), (14, 10), (15, 12), (16, 7)]),
    (3, "promote_2e", [14, 15]),
    (3, "promote_3e", [3]),
    (4, "children", [(17, 10), (18, 10), (19, 15), (20, 7)]),
    (4, "promote_2e", [18, 10]),
    (4, "promote_3e", [18]),
]
GOLDEN_POPULATIONS = {  # after cycles 0, 1, ...: the candidates of P_E, P_2E, P_3E
    0: ([0, 1, 2, 3, 4], [], []),
    1: ([0, 2, 4, 5, 6, 7, 8], [3], [1]),
    2: ([5, 6, 8, 9, 10, 11], [3, 12], [1, 7]),  # 0, 2 and 4 are dead
    3: ([9, 10, 11, 13, 16], [12, 14, 15], [7, 3]),  # 3 was promoted after two cycles, 1 is dead and in the history
    4: ([13, 16, 17, 19, 20], [14, 15, 10], [3, 18]),
}


def test_golden_trajectory() -> None:
    algorithm = EcoNAS(LARGE, SMALL, seed=7)
    trajectory: list[tuple[int, str, Sequence[object]]] = []
    for asked, trials, state in run(algorithm, made_up):
        fresh = asked.phase in ("initial", "children")
        entries = [(trial.candidate, trial.parent) if fresh else trial.candidate for trial in trials]
        trajectory.append((asked.round, asked.phase, entries))
        if asked.phase in ("initial", "promote_3e"):
            assert tuple(candidates(members) for members in state.populations) == GOLDEN_POPULATIONS[asked.round]
    assert trajectory == GOLDEN
    assert [(m.candidate, m.accuracy) for m in state.finished] == [(1, 0.68), (7, 0.72), (3, 0.68), (18, 0.71)]
    assert state.skipped_repeats == 3
    # Of two with 0.68 the older comes first; the fifth has to come from P_2E.
    best = [(member.candidate, member.accuracy, member.epochs) for member in algorithm.best(state)]
    assert best == [(7, 0.72, 30), (18, 0.71, 30), (1, 0.68, 30), (3, 0.68, 30), (15, 0.61, 20)]


def candidates(members: Sequence[Member] | Sequence[Trial]) -> list[int]:
    return [member.candidate for member in members]


@pytest.mark.parametrize("cycles", [60, 100])
def test_budget_of_the_paper(cycles: int) -> None:
    """Section 5.2: "the same number of models (1k) for the same number of epochs (35k)" is C=60."""
    config = EcoNASConfig(cycles=cycles)
    phases = list(run(EcoNAS(DartsSpace(), config, seed=0), made_up))
    assert [len(trials) for _, trials, _ in phases] == [50] + [16, 8, 4] * cycles
    stages = [(t.phase, t.start_epoch, t.end_epoch) for _, trials, _ in phases for t in trials]
    first = {("initial population", 0, 20), ("children", 0, 20)}
    assert set(stages) == first | {("E to 2E", 20, 40), ("2E to 3E", 40, 60)}
    assert (config.stages, config.total_epochs, config.rounds) == (len(stages), 60, cycles)
    epochs = sum(end - start for _, start, end in stages)
    assert (phases[-1][2].next_candidate, epochs) == {60: (1_010, 34_600), 100: (1_650, 57_000)}[cycles]
    # Nobody outlives ten cycles without a promotion, so that no population can grow for ever.
    assert all(len(population) <= 16 * 10 for population in phases[-1][2].populations)


def test_stages_of_a_candidate_follow_each_other() -> None:
    trained: Counter[int] = Counter()
    genotypes: dict[int, Genotype] = {}
    for asked, trials, state in run(EcoNAS(LARGE, replace(SMALL, cycles=20), seed=3), often_failing):
        for trial in trials:
            assert trial.start_epoch == trained[trial.candidate]
            assert trial.end_epoch == trial.start_epoch + SMALL.epochs
            assert trial.round == asked.round
            assert genotypes.setdefault(trial.candidate, trial.genotype) == trial.genotype
            trained[trial.candidate] = trial.end_epoch
        members = [candidate for population in state.populations for candidate in candidates(population)]
        assert len(set(members)) == len(members)
        for rung, population in enumerate(state.populations, start=1):
            assert all(trained[member.candidate] == member.epochs == rung * SMALL.epochs for member in population)
    assert set(trained) == set(range(5 + 20 * 4))


def test_failed_candidates_are_neither_parents_nor_results() -> None:
    algorithm = EcoNAS(LARGE, replace(SMALL, cycles=20), seed=3)
    failed: set[int] = set()
    for _, trials, state in run(algorithm, often_failing):
        # A child that is promoted may be of a parent that failed after the child was made.
        assert failed.isdisjoint(trial.parent for trial in trials if trial.start_epoch == 0)
        assert failed.isdisjoint(candidates(trials))
        failed |= {t.candidate for t in trials if Result(0, often_failing(t.genotype, t.end_epoch)).failed}
        assert failed.isdisjoint(m for population in state.populations for m in candidates(population))
        assert failed.isdisjoint(candidates(state.finished))
        assert failed.isdisjoint(candidates(algorithm.best(state, 100)))
    assert len(failed) > 10


def test_goes_on_at_random_when_everything_failed() -> None:
    algorithm = EcoNAS(LARGE, SMALL, seed=0)
    phases = list(run(algorithm, always_failing))
    assert [len(trials) for _, trials, _ in phases] == [5] + [4, 0, 0] * SMALL.cycles
    assert all(trial.parent is None for _, trials, _ in phases for trial in trials)
    assert algorithm.best(phases[-1][2]) == ()


def test_seed_decides_the_search() -> None:
    first, again, other = (last_state(EcoNAS(LARGE, SMALL, seed), made_up) for seed in (4, 4, 5))
    assert first == again
    assert first.seen != other.seen


def test_ask_is_the_same_until_told() -> None:
    algorithm = EcoNAS(LARGE, SMALL, seed=0)
    state, trials = algorithm.ask(algorithm.init())
    assert algorithm.ask(state) == (state, trials)
    results = [Result(trial.candidate, 0.5) for trial in trials]
    # A told state does not depend on whether the state was asked before: ask is a function of it.
    assert algorithm.tell(state, results) == algorithm.tell(algorithm.init(), results)


def test_tell_takes_exactly_the_pending_results() -> None:
    algorithm = EcoNAS(LARGE, SMALL, seed=0)
    state, trials = algorithm.ask(algorithm.init())
    results = [Result(trial.candidate, 0.5) for trial in trials]
    for wrong in ([], results[1:], [*results, results[0]], [*results[1:], Result(99, 0.5)], [results[0]] * 5):
        with pytest.raises(ValueError, match="do not answer"):
            algorithm.tell(state, wrong)
    done = last_state(algorithm, made_up)
    assert algorithm.ask(done) == (done, ())
    with pytest.raises(ValueError, match="over"):
        algorithm.tell(done, ())


def test_repeats_are_skipped_and_counted() -> None:
    config = replace(SMALL, initial_population=8, cycles=2)  # all 16 functions of the space
    state = last_state(EcoNAS(TINY, config, seed=0), made_up)
    assert len(state.seen) == state.next_candidate == 16
    assert state.skipped_repeats > 0
    repeating = last_state(EcoNAS(TINY, replace(config, skip_repeats=False), seed=0), made_up)
    assert len(repeating.seen) < repeating.next_candidate == 16
    assert repeating.skipped_repeats == 0


def test_a_turn_is_given_up_when_nothing_is_left() -> None:
    config = replace(SMALL, initial_population=17, cycles=0)
    state = last_state(EcoNAS(TINY, config, seed=0), made_up)
    assert (len(state.seen), state.next_candidate) == (16, 16)
    assert 1_000 <= state.skipped_repeats < 1_500


def test_best_are_distinct_functions() -> None:
    algorithm = EcoNAS(TINY, replace(SMALL, cycles=12, skip_repeats=False), seed=0)
    state = last_state(algorithm, made_up)
    best = algorithm.best(state, count=3)
    assert len({function_of(TINY, member.genotype) for member in state.finished}) < len(state.finished)
    assert len({function_of(TINY, member.genotype) for member in best}) == 3
    assert best[0].accuracy == max(member.accuracy for member in state.finished)


@pytest.mark.parametrize(
    ("promotions", "lifetime"), [((0, 0), 1), ((0, 0), 2), ((2, 0), 1), ((2, 1), 2)], ids=lambda value: str(value)
)
def test_the_best_is_of_the_whole_history_whoever_has_died(promotions: tuple[int, int], lifetime: int) -> None:
    to_2e, to_3e = promotions
    config = replace(SMALL, promotions_to_2e=to_2e, promotions_to_3e=to_3e, lifetime=lifetime, cycles=8)
    algorithm = EcoNAS(LARGE, config, seed=1)
    reached: dict[int, tuple[int, float]] = {}
    for _, trials, state in run(algorithm, made_up):
        for trial in trials:
            reached[trial.candidate] = (trial.end_epoch, made_up(trial.genotype, trial.end_epoch))
        best = algorithm.best(state, 1)[0]
        assert (best.epochs, best.accuracy) == max(reached.values())
