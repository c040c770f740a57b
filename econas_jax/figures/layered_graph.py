"""Orders and heights of a graph drawn in columns (Sugiyama's method).

A value stands in its own column and is carried on, as a line, through the columns up to its last reader. So lines bend
only between columns and never pass under anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, combinations, pairwise
from typing import NamedTuple

ORDER_SWEEPS = 12  # through all columns, forwards and backwards in turn; cells of five nodes settle in fewer
HEIGHT_SWEEPS = 60  # until lines through five columns are straight to the eye


class Item(NamedTuple):
    """A value in one of its columns: in the first it is the vertex itself, in later ones a line."""

    value: int
    column: int


Link = tuple[Item, Item]  # from an item to one in the next column
Order = list[list[Item]]  # the items of each column, from the lowest to the highest


def layered_links(columns: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[Link]:
    """Returns the edges (value, reader) of a graph as links from column to column; parallel edges give parallel links.

    columns: each value's own column, smaller than those of its readers.
    """
    links: list[Link] = []
    carried = [*columns]
    for value, reader in edges:
        for column in range(carried[value], columns[reader] - 1):
            links.append((Item(value, column), Item(value, column + 1)))
        carried[value] = max(carried[value], columns[reader] - 1)
        links.append((Item(value, columns[reader] - 1), Item(reader, columns[reader])))
    return links


def ordered(columns: Sequence[int], links: Sequence[Link]) -> Order:
    """Returns an order of each column with few crossings; the first column keeps its values in falling order."""
    items = {Item(value, column) for value, column in enumerate(columns)}.union(*links)
    order = [sorted((i for i in items if i.column == c), reverse=True) for c in range(max(columns) + 1)]
    best, fewest = order, crossings(order, links)
    for sweep in range(ORDER_SWEEPS):
        order = _swept(order, links, forwards=sweep % 2 == 0)
        count = crossings(order, links)
        if count < fewest:
            best, fewest = order, count
    return best


def crossings(order: Order, links: Sequence[Link]) -> int:
    """Counts the pairs of links that cross."""
    place = _places(order)
    pairs = combinations(((left.column, place[left], place[right]) for left, right in links), 2)
    return sum(one[0] == other[0] and (one[1] - other[1]) * (one[2] - other[2]) < 0 for one, other in pairs)


def heights(order: Order, links: Sequence[Link], distance: Callable[[Item, Item], float]) -> dict[Item, float]:
    """Returns heights of the items that keep the order and the distances and make links as level as possible.

    distance: the least difference of height between an item and the next one above it.
    """
    lines = {right for left, right in links if left.value == right.value}
    pulls = defaultdict(list)
    for left, right in links:
        # Lines are to be straight: what they have to climb they climb at their ends (weights of Graphviz's dot).
        weight = (1, 2, 8)[(left in lines) + (right in lines)]
        pulls[left].append((right, weight))
        pulls[right].append((left, weight))
    distances = [[distance(below, above) for below, above in pairwise(column)] for column in order]
    height = {item: 0.0 for column in order for item in column}
    for _ in range(HEIGHT_SWEEPS):
        for column, gaps in zip(order, distances, strict=True):
            wanted = [_mean([(height[other], weight) for other, weight in pulls[item]], 0.0) for item in column]
            weights = [sum(weight for _, weight in pulls[item]) or 1 for item in column]
            height.update(zip(column, spread(wanted, weights, gaps), strict=True))
    return height


def spread(wanted: Sequence[float], weights: Sequence[int], distances: Sequence[float]) -> list[float]:
    """Returns the places nearest to the wanted ones, in least squares, `distances[i]` or more between places i and i+1.

    After subtraction of the distances this is isotonic regression, solved by pooling adjacent violators.
    """
    offsets = list(accumulate(distances, initial=0.0))
    pools: list[list[tuple[float, int]]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pool = [(want - offset, weight)]
        while pools and _mean(pools[-1], 0.0) > _mean(pool, 0.0):
            pool = pools.pop() + pool
        pools.append(pool)
    means = [_mean(pool, 0.0) for pool in pools for _ in pool]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _swept(order: Order, links: Sequence[Link], forwards: bool) -> Order:
    """Sorts each column but the first by the mean place of its neighbours on one side, then swaps what helps."""
    order = [[*column] for column in order]
    neighbours = _neighbours(links)
    for column in range(1, len(order)) if forwards else range(len(order) - 1, 0, -1):
        place = _places(order)
        side = -1 if forwards else 1

        def centre(item: Item, place: Mapping[Item, int] = place, side: int = side) -> float:
            beside = [(place[other], 1) for other in neighbours[item] if other.column == item.column + side]
            return _mean(beside, place[item])

        order[column].sort(key=centre)
        _swap_neighbours(order, column, links)
    return order


def _swap_neighbours(order: Order, column: int, links: Sequence[Link]) -> None:
    fewest = crossings(order, links)
    items = order[column]
    for place in range(len(items) - 1):
        items[place : place + 2] = items[place + 1], items[place]
        count = crossings(order, links)
        if count < fewest:
            fewest = count
        else:
            items[place : place + 2] = items[place + 1], items[place]


def _neighbours(links: Sequence[Link]) -> Mapping[Item, list[Item]]:
    neighbours = defaultdict(list)
    for left, right in links:
        neighbours[left].append(right)
        neighbours[right].append(left)
    return neighbours


def _places(order: Order) -> dict[Item, int]:
    return {item: place for column in order for place, item in enumerate(column)}


def _mean(weighted: Sequence[tuple[float, int]], otherwise: float) -> float:
    """Returns the mean of (value, weight) pairs, `otherwise` without any."""
    total = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / total if total else otherwise
