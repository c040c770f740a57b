"""Which variables of a supernet a path uses: the others must not move, nor what the optimiser remembers of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.chain.supernet import place_name
from econas_jax.nn.network import Tree, Variables
from econas_jax.spaces.chain.space import ChainSpace


def chosen_masks(space: ChainSpace, variables: Variables, path: jax.Array) -> Tree:
    """Returns for each leaf of a collection of the supernet's variables whether the path int32 [places] uses it.

    variables: parameters, running statistics, or any tree of their structure; only the structure is read.
    """

    def used(name: str, part: Any) -> Any:
        if name not in numbers:
            return jax.tree.map(lambda _: jnp.bool_(True), part)
        active = path[numbers[name]]
        return {
            label: jax.tree.map(lambda _, label=label: active == space.labels.index(label), leaves)
            for label, leaves in part.items()
        }

    numbers = {place_name(number): number for number in range(len(space.places))}
    return {name: used(name, part) for name, part in variables.items()}


def where_chosen(masks: Tree, new: Tree, old: Tree) -> Tree:
    """Returns the new values of what is chosen and the old ones, bit for bit, of all else."""
    return jax.tree.map(jnp.where, masks, new, old)
