"""A choice among branches, made at run time, whose outcome is written into large buffers.

XLA's conditional copies what it returns. So on CPU a branch is a loop of zero or one turn, whose buffers are written in
place; a branch not taken costs nothing, and one that changes nothing moves no memory. Elsewhere it is a conditional,
which a GPU runs without asking the host, with outcomes as small as they can be.
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
    """Returns update(place, carry, branches[index](place, carry)).

    On other devices than CPUs all outcomes must have the same shapes. A branch must find what it reads by the place
    that it is given: this is the loop's counter, so XLA cannot compute any of it before the loop.
    """
    if not on_cpu():
        return update(place, carry, jax.lax.switch(index, branches, place, carry))
    for number, branch in enumerate(branches):

        def turn(place: jax.Array, carry: Carry, branch: Callable[[jax.Array, Carry], Outcome] = branch) -> Carry:
            return update(place, carry, branch(place, carry))

        carry = jax.lax.fori_loop(place, place + (index == number), turn, carry)
    return carry
