"""A choice among branches, known at run time, whose outcome is put into large buffers.

XLA's conditional copies what it returns. On CPU a branch is therefore a loop of no or one turn, whose buffers are
written in place; a branch not taken costs nothing, and one that changes nothing moves no memory. Elsewhere it is a
conditional, which a GPU runs without asking the host, with outcomes as small as they can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import jax

from econas_jax.nn.platform import on_cpu

Carry = TypeVar("Carry")
Outcome = TypeVar("Outcome")


def switch_into(
    index: jax.Array,
    place: jax.Array,
    branches: Sequence[Callable[[jax.Array, Carry], Outcome]],
    update: Callable[[jax.Array, Carry, Outcome], Carry],
    carry: Carry,
) -> Carry:
    """update(place, carry, branches[index](place, carry)); elsewhere than on CPU all outcomes have the same shapes.

    What a branch reads must be found by the place it is given: the loop's counter, so that XLA cannot compute any of it
    before the loop, whether or not the branch is taken.
    """
    if not on_cpu():
        return update(place, carry, jax.lax.switch(index, branches, place, carry))
    for number, branch in enumerate(branches):

        def turn(place: jax.Array, carry: Carry, branch: Callable[[jax.Array, Carry], Outcome] = branch) -> Carry:
            return update(place, carry, branch(place, carry))

        carry = jax.lax.fori_loop(place, place + (index == number), turn, carry)
    return carry
