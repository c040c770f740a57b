"""The best trade-offs between a cost and a value."""

from __future__ import annotations

from collections.abc import Iterable

CostAndValue = tuple[float, float]


def pareto_front(points: Iterable[CostAndValue]) -> list[CostAndValue]:
    """Returns the points that no other one beats in cost or value while it is as good in the other; cheapest first."""
    front: list[CostAndValue] = []
    for cost, value in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or value > front[-1][1]:
            front.append((cost, value))
    return front
