"""Sequences that share their items with what they grew from."""

from __future__ import annotations

import pytest

from econas_jax.search.grown import Grown, grown


def test_what_grows_leaves_what_it_grew_from_as_it_was() -> None:
    first = grown((1, 2), [3])
    second = grown(first, [4, 5])
    assert (first, second) == (Grown([1, 2, 3]), Grown([1, 2, 3, 4, 5]))
    assert (len(first), list(first), list(reversed(first)), 4 in first) == (3, [1, 2, 3], [3, 2, 1], False)


def test_two_that_grow_from_the_same_do_not_meet() -> None:
    root = grown((), [1])
    branches = [grown(root, [number]) for number in (2, 3, 4)]
    assert list(map(tuple, branches)) == [(1, 2), (1, 3), (1, 4)]
    assert tuple(grown(branches[0], [5])) == (1, 2, 5) and tuple(root) == (1,)


def test_growing_copies_nothing() -> None:
    states = [grown((), [0])]
    for number in range(1, 100):
        states.append(grown(states[-1], [number]))
    assert len({id(state._items) for state in states}) == 1
    assert [state[-1] for state in states] == list(range(100))


def test_items_are_found_as_in_a_tuple() -> None:
    items = tuple(range(6))
    longer = grown(items, [6])
    shorter = Grown(items)
    grown(shorter, [7])
    for sequence, same in ((longer, (*items, 6)), (shorter, items)):
        for part in (slice(2, None), slice(None, -2), slice(-3, None), slice(9, 12), slice(None, None, -2)):
            assert sequence[part] == same[part]
        assert [sequence[place] for place in (0, -1, -2)] == [same[place] for place in (0, -1, -2)]
        for outside in (len(same), -len(same) - 1):
            with pytest.raises(IndexError):
                sequence[outside]


def test_it_equals_and_hashes_as_a_tuple() -> None:
    sequence = grown((1,), [2])
    same: object = (1, 2)
    assert sequence == same and same == sequence and sequence != (1,) and sequence != [1, 2]
    assert hash(sequence) == hash((1, 2)) and repr(sequence) == "Grown([1, 2])"
