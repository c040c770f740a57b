"""Histories that grow by a record at a time, thousands of times, without being copied each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

T = TypeVar("T", covariant=True)


class Grown(Sequence[T]):
    """An immutable sequence, equal to the tuple of its items, that shares them with what it grew from.

    They are the first `length` of a list, to which others may be added behind: nobody sees them who does not hold a
    longer sequence. It may be read in one thread while it grows in another.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items = list(items)
        self._length = len(self._items)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return islice(self._items, self._length)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple([self._items[place] for place in range(self._length)[index]])
        return self._items[range(self._length)[index]]

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Grown | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Grown({list(self)})"


def grown(items: Sequence[T], more: Iterable[T]) -> Grown[T]:
    """Returns a sequence of the items and more behind them; the items stay as they were.

    The first time that a `Grown` grows nothing is copied; what grows from it a second time gets a list of its own.
    """
    before = items if isinstance(items, Grown) else Grown(items)
    longest = len(before._items) == before._length
    longer = Grown[T]()
    longer._items = before._items if longest else before._items[: before._length]
    longer._items.extend(more)
    longer._length = len(longer._items)
    return longer
