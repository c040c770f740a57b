"""What every search algorithm promises, as checks that any algorithm can be put through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import pytest
from toy_search import Accuracy, always_failing, answer, checksum, last_state, made_up, often_failing, run

from econas_jax.algorithms import Algorithm, AlgorithmState, Result, Trial
from econas_jax.algorithms.algorithm import oldest_batch
from econas_jax.algorithms.drawing import function_of
from econas_jax.errors import InputError
from econas_jax.spaces.space import Space

MOST_BATCHES = 1_000  # no case's search has nearly so many: a search that is not over by then never ends

Step = tuple[Any, tuple[Trial, ...], Any]  # state asked in, trials, state after they are told


@dataclass(frozen=True)
class Case:
    """An algorithm on a space; longer: the same config with more rounds. Several batches are in flight with a lag."""

    kind: Callable[..., Algorithm[Any]]  # made from (space, config, seed, refuse)
    space: Space[Any]
    config: Any
    longer: Any

    def algorithm(self, config: Any = None, seed: int = 1) -> Algorithm[Any]:
        return self.kind(self.space, config or self.config, seed)

    @property
    def lag(self) -> int:
        return getattr(self.config, "lag", 0)

    def steps(self, accuracy: Accuracy, config: Any = None, seed: int = 1) -> list[Step]:
        steps = list(islice(run(self.algorithm(config, seed), accuracy), MOST_BATCHES))
        assert len(steps) < MOST_BATCHES, "the search does not end"
        return steps

    def states(self, accuracy: Accuracy) -> Iterator[Any]:
        """Yields every state of a search: the first, and each batch's asked and told."""
        yield self.algorithm().init()
        for asked, _, told in self.steps(accuracy):
            yield from (asked, told)


def check_seed_decides_the_search(case: Case) -> None:
    assert case.steps(often_failing) == case.steps(often_failing)
    first, other = case.steps(made_up)[0][1], case.steps(made_up, seed=2)[0][1]
    assert [trial.genotype for trial in first] != [trial.genotype for trial in other]


def check_ask_is_the_same_until_told(case: Case) -> None:
    algorithm = case.algorithm()
    before = algorithm.init()
    for asked, trials, told in case.steps(often_failing):
        in_flight = tuple(trial for trial in asked.pending if trial.round <= case.config.rounds)
        assert algorithm.ask(before) == algorithm.ask(asked) == (asked, in_flight)
        assert in_flight[: len(trials)] == trials and told.pending == asked.pending[len(trials) :]
        assert asked.pending_batches == case.lag + 1 and told.pending_batches == case.lag
        assert algorithm.tell(before, answer(trials, often_failing)) == told
        before = told
    assert algorithm.ask(before) == (before, ())


def check_results_may_come_in_any_order(case: Case) -> None:
    algorithm = case.algorithm()
    for asked, trials, told in case.steps(often_failing):
        results = answer(trials, often_failing)
        for order in (results, results[::-1], results[1::2] + results[::2]):
            assert algorithm.tell(asked, order) == told


def check_exactly_the_pending_results_are_taken(case: Case) -> None:
    algorithm = case.algorithm()
    asked, _ = algorithm.ask(algorithm.init())
    results = answer(oldest_batch(asked), made_up)
    for wrong in ([], results[1:], [*results, results[0]], [*results[1:], Result(10**6, 0.5)]):
        with pytest.raises(ValueError, match="do not answer"):
            algorithm.tell(asked, wrong)
    with pytest.raises(ValueError, match="over"):
        algorithm.tell(last_state(algorithm, made_up), ())


def check_genotypes_are_in_the_space(case: Case) -> None:
    for _, trials, _ in case.steps(often_failing):
        for trial in trials:
            case.space.check(trial.genotype)
            assert case.space.parse(str(trial.genotype)) == trial.genotype


def check_candidates_are_numbered_once_and_their_stages_follow_each_other(case: Case) -> None:
    known: dict[int, Trial] = {}  # the last stage of each
    proposed = 0  # trials that were pending at some time
    for asked, trials, told in case.steps(often_failing):
        assert len({trial.candidate for trial in asked.pending}) == len(asked.pending)
        for trial in asked.pending[proposed:]:
            before = known.get(trial.candidate)
            if before is None:
                assert trial.candidate == len(known) and trial.start_epoch == 0
                assert trial.parent is None or trial.parent < trial.candidate
            else:
                assert (trial.genotype, trial.parent) == (before.genotype, before.parent)
                assert trial.start_epoch == before.end_epoch
            assert trial.start_epoch < trial.end_epoch
            known[trial.candidate] = trial
        proposed = len(told.pending)
        assert proposed == len(asked.pending) - len(trials)
        assert told.next_candidate == len(known)
        assert told.seen == {function_of(case.space, trial.genotype) for trial in known.values()}


def refuse_some(genotype: Any) -> str | None:
    """Refuses three in ten genotypes for either reason; the text decides."""
    digit = checksum(genotype, 0) % 10
    return "too_large" if digit < 3 else "blind" if digit < 6 else None


def check_refused_genotypes_are_never_trained(case: Case) -> None:
    algorithm = case.kind(case.space, case.config, 1, refuse_some)
    steps = list(run(algorithm, often_failing))
    for asked, trials, _ in steps:
        assert algorithm.ask(asked)[0] == asked
        assert all(refuse_some(trial.genotype) is None for trial in trials)
    end = steps[-1][2]
    assert end.next_candidate > 0 and end.skipped_too_large > 0 and end.skipped_blind > 0


def check_repeats_are_trained_only_if_wanted(case: Case) -> None:
    steps = case.steps(often_failing)
    functions = [function_of(case.space, t.genotype) for _, trials, _ in steps for t in trials if t.start_epoch == 0]
    wanted = not getattr(case.config, "skip_repeats", True)
    assert wanted or len(set(functions)) == len(functions)
    assert steps[-1][2].skipped_repeats == 0 or not wanted


def check_budget_is_kept(case: Case) -> None:
    steps = case.steps(made_up)
    trials = [trial for _, batch, _ in steps for trial in batch]
    assert 0 < len(trials) <= case.config.stages
    assert max(trial.end_epoch for trial in trials) <= case.config.total_epochs
    assert all(trial.round == asked.round and trial.phase for asked, batch, _ in steps for trial in batch)
    rounds = [asked.round for asked, _, _ in steps]
    assert rounds[0] == 0 and rounds[-1] == case.config.rounds
    assert all(after in (before, before + 1) for before, after in pairwise(rounds))


def check_a_round_is_chosen_when_the_one_before_the_lag_is_settled(case: Case) -> None:
    """And of nothing that was told later: other results of the rounds in flight do not change it."""
    algorithm = case.algorithm()
    told = algorithm.init()
    for asked, trials, after in case.steps(often_failing):
        others, _ = algorithm.ask(told)
        assert others == asked and {trial.round for trial in asked.pending} <= set(
            range(asked.round, asked.round + case.lag + 1)
        )
        other_results = algorithm.tell(asked, [Result(trial.candidate, 0.9) for trial in trials])
        assert other_results.pending == after.pending
        told = after


def check_a_candidate_has_one_stage_under_way_and_is_what_it_was_until_it_is_over(case: Case) -> None:
    algorithm = case.algorithm()
    for asked, _, told in case.steps(often_failing):
        candidates = [trial.candidate for trial in asked.pending]
        assert len(set(candidates)) == len(candidates)
        continued = {trial.candidate: trial.start_epoch for trial in told.pending if trial.start_epoch > 0}
        assert continued.keys() <= algorithm.continuable(told)
        for group in algorithm.groups(told):
            for member in group.members:
                assert continued.get(member.candidate, member.epochs) == member.epochs


def check_failed_candidates_are_no_parents_and_no_results(case: Case) -> None:
    algorithm = case.algorithm()
    accuracies: dict[int, float | None] = {}  # of each candidate's last stage
    chosen: set[int] = set()
    for asked, trials, told in case.steps(often_failing):
        failed = {candidate for candidate, accuracy in accuracies.items() if Result(candidate, accuracy).failed}
        fresh = [trial for trial in asked.pending if trial.start_epoch == 0 and trial.candidate not in chosen]
        chosen |= {trial.candidate for trial in fresh}
        assert failed.isdisjoint(trial.parent for trial in fresh)
        accuracies |= {result.candidate: result.accuracy for result in answer(trials, often_failing)}
        shown = [member for group in algorithm.groups(told) for member in group.members]
        for member in (*shown, *algorithm.best(told, 1_000)):
            assert not Result(member.candidate, member.accuracy).failed
        assert all(member.accuracy == accuracies[member.candidate] for member in shown)
        failed = {candidate for candidate, accuracy in accuracies.items() if Result(candidate, accuracy).failed}
        assert failed.isdisjoint(algorithm.continuable(told))
        assert failed.isdisjoint(member.candidate for member in algorithm.best(told, 1_000))
    assert failed


def check_a_search_whose_trials_all_fail_ends(case: Case) -> None:
    algorithm = case.algorithm()
    state = case.steps(always_failing)[-1][2]
    assert algorithm.done(state)
    assert algorithm.best(state) == ()
    assert algorithm.continuable(state) <= {trial.candidate for trial in state.pending}  # for a longer search
    assert all(group.members == () for group in algorithm.groups(state))


def check_json_holds_the_whole_state(case: Case) -> None:
    algorithm = case.algorithm()
    for state in case.states(often_failing):
        text = json.dumps(algorithm.to_json(state), allow_nan=False)
        restored = algorithm.from_json(json.loads(text))
        assert restored == state and type(restored) is type(state)
        assert json.dumps(algorithm.to_json(restored)) == text
    fields = algorithm.to_json(state)
    without_round = {name: value for name, value in fields.items() if name != "round"}
    for broken in ({}, {**fields, "other": 1}, without_round, {**fields, "round": "1"}, {**fields, "pending": [3]}):
        with pytest.raises(InputError):
            algorithm.from_json(broken)


def check_only_continuable_candidates_are_continued(case: Case) -> None:
    algorithm = case.algorithm()
    before = algorithm.init()
    trained: dict[int, int] = {}
    for asked, trials, told in case.steps(often_failing):
        continued = {trial.candidate for trial in trials if trial.start_epoch > 0}
        assert continued <= algorithm.continuable(before)
        trained |= {trial.candidate: trial.end_epoch for trial in trials}
        kept = algorithm.continuable(told)
        in_flight = {trial.candidate for trial in asked.pending}
        assert kept | algorithm.continuable(asked) <= set(trained) | in_flight
        assert all(trained.get(candidate, 0) < case.config.total_epochs for candidate in kept)
        before = told


def check_groups_are_of_trained_members(case: Case) -> None:
    algorithm = case.algorithm()
    trained: dict[int, Trial] = {}
    assert all(group.members == () for group in algorithm.groups(algorithm.init()))
    for _, trials, told in case.steps(often_failing):
        trained |= {trial.candidate: trial for trial in trials}
        groups = algorithm.groups(told)
        assert [group.epochs for group in groups] == sorted(group.epochs for group in groups)
        assert len({group.name for group in groups}) == len(groups) > 0
        members = [member for group in groups for member in group.members]
        assert len({member.candidate for member in members}) == len(members)
        for member in members:
            trial = trained[member.candidate]
            assert (member.genotype, member.parent) == (trial.genotype, trial.parent)
            assert (member.epochs, member.updated) == (trial.end_epoch, trial.round)
        assert all(member.epochs == group.epochs for group in groups for member in group.members)


def check_the_best_are_distinct_functions(case: Case) -> None:
    algorithm = case.algorithm()
    steps = case.steps(made_up)
    state = steps[-1][2]
    best = algorithm.best(state, 5)
    assert 0 < len(best) <= 5
    assert len({function_of(case.space, member.genotype) for member in best}) == len(best)
    assert algorithm.best(state, 2) == best[:2]
    assert [(m.epochs, m.accuracy) for m in best] == sorted(((m.epochs, m.accuracy) for m in best), reverse=True)
    last = [trial for _, trials, _ in steps for trial in trials if trial.end_epoch == case.config.total_epochs]
    assert best[0].accuracy == max(made_up(trial.genotype, trial.end_epoch) for trial in last)


def check_a_longer_search_goes_on_from_a_shorter_one(case: Case) -> None:
    short, long = case.algorithm(), case.algorithm(case.longer)
    assert case.longer.rounds > case.config.rounds
    straight = case.steps(often_failing, case.longer)
    end = straight[-1][2]
    for state in case.states(often_failing):
        assert short.resume(state) == state
        assert last_state_from(long, long.resume(state)) == end
    for state in (straight[-1][0], end):
        with pytest.raises(InputError, match="search"):
            short.resume(state)


def last_state_from(algorithm: Algorithm[Any], state: AlgorithmState) -> AlgorithmState:
    for _, _, told in run(algorithm, often_failing, state):
        state = told
    return state


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]
