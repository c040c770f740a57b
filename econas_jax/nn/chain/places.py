"""A place of a supernet: one of its candidates is computed, and which one is data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.chain.gates import add_gates
from econas_jax.nn.chain.units import Used, run_branches
from econas_jax.nn.network import Variables
from econas_jax.spaces.chain.blocks import Block

Branch = Callable[[jax.Array, Variables, Variables], Any]


class Place:
    """The candidates of a place for maps of one size. Variables of a candidate are kept under its label."""

    def __init__(self, candidates: Sequence[Block], labels: Sequence[str], size: int, train: bool) -> None:
        self._candidates, self._labels = tuple(candidates), tuple(labels[: len(candidates)])
        self._size, self._train = size, train
        self._residual = any(block.join == "residual" for block in candidates)

    def run(
        self,
        x: jax.Array,
        parameters: Variables,
        statistics: Variables,
        active: jax.Array,
        gates: jax.Array | None = None,
        compared: jax.Array | None = None,
    ) -> Used:
        """Returns the active candidate's output [channels, positions, batch], and all candidates' new statistics.

        Only the active one's statistics change. gates: of the place, see `Gates`, with what is compared.
        """
        output, statistics = jax.lax.switch(active, self._branches(), x, parameters, statistics)
        if gates is not None:
            others = self._others(*jax.lax.stop_gradient((x, parameters, statistics)), compared)
            output = add_gates(active, output, others, gates)
        return (x + output if self._residual else output), statistics

    def _branches(self) -> list[Branch]:
        """Returns the candidates, each to be computed again for its gradient.

        A switch would otherwise keep what any candidate keeps, and fill with zeros what the active one has not.
        """
        return [jax.checkpoint(self._branch(number)) for number in range(len(self._candidates))]

    def _branch(self, number: int) -> Branch:
        block, label = self._candidates[number], self._labels[number]

        def run(x: jax.Array, parameters: Variables, statistics: Variables) -> Used:
            if not block.main:
                return jnp.zeros_like(x), statistics
            output, new = run_branches(block, self._size, self._train, x, parameters[label], statistics[label])
            return output, {**statistics, label: new}

        return run

    def _others(
        self, x: jax.Array, parameters: Variables, statistics: Variables, compared: jax.Array | None
    ) -> list[tuple[jax.Array | int, jax.Array]]:
        """Returns the outputs of the candidates that are compared with the active one, with their numbers."""
        branches = [self._branch(number) for number in range(len(self._candidates))]
        if compared is None:
            return [(number, branch(x, parameters, statistics)[0]) for number, branch in enumerate(branches)]
        outputs = [lambda *given, branch=branch: branch(*given)[0] for branch in branches]
        return [(compared, jax.lax.switch(compared, outputs, x, parameters, statistics))]
