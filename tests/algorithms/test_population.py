"""EcoNAS's populations: where parents come from, promotions and deaths, on populations made by hand."""

from __future__ import annotations

from toy_search import make_member

from econas_jax.algorithms import Member
from econas_jax.algorithms.econas.population import parent_populations, remove_dead, settle


def test_shares_of_empty_populations_go_to_the_next_lower_then_higher() -> None:
    first, second, third = (make_member(0, 0.1),), (make_member(1, 0.2),), (make_member(2, 0.3),)

    def sources(*populations: tuple[Member, ...]) -> list[int | None]:
        chosen = parent_populations((populations[0], populations[1], populations[2]), (3, 2, 1))
        return [population[0].candidate if population else None for population in chosen]

    assert sources(first, second, third) == [0, 0, 0, 1, 1, 2]
    assert sources(first, second, ()) == [0, 0, 0, 1, 1, 1]
    assert sources(first, (), third) == [0, 0, 0, 0, 0, 2]
    assert sources((), second, third) == [1, 1, 1, 1, 1, 2]
    assert sources(first, (), ()) == [0] * 6
    assert sources((), (), third) == [2] * 6
    assert sources((), (), ()) == [None] * 6


def test_candidates_move_to_the_population_of_their_epochs_and_failed_ones_leave() -> None:
    before = ((make_member(0, 0.1), make_member(1, 0.2), make_member(2, 0.3)), (make_member(3, 0.4, epochs=20),), ())
    promoted = make_member(1, 0.5, epochs=20)
    after = settle(before, {1, 2}, [promoted], epochs=10)
    assert after == ((before[0][0],), (before[1][0], promoted), ())
    finished = make_member(3, 0.6, epochs=30)
    assert settle(after, {3}, [finished], epochs=10) == ((before[0][0],), (promoted,), (finished,))


def test_death_comes_after_the_lifetime() -> None:
    old, recent = make_member(0, 0.9, updated=5), make_member(1, 0.1, updated=6)
    assert remove_dead(((old, recent), (old,), ()), cycle=14, lifetime=10) == (((old, recent), (old,), ()), ())
    late = make_member(2, 0.5, epochs=30, updated=5)
    assert remove_dead(((old, recent), (old,), (late,)), cycle=15, lifetime=10) == (((recent,), (), ()), (old, old))


def test_nobody_dies_with_a_stage_under_way() -> None:
    old, promoted = make_member(0, 0.9, updated=5), make_member(1, 0.1, updated=5)
    assert remove_dead(((old, promoted), (), ()), 15, 10, under_way={1}) == (((promoted,), (), ()), (old,))
