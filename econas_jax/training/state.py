"""The state of a candidate in training, and its form as one flat vector for keeping and saving."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np
import numpy.typing as npt
import optax

Tree = Any
State = TypeVar("State")  # a tree of float32 arrays
Vector = npt.NDArray[np.float32]


class TrainState(NamedTuple):
    """All that training needs to go on; the epoch is known to whoever holds the state.

    Every leaf is float32. In a wave each leaf has a leading axis over candidates.
    """

    params: Tree
    batch_stats: Tree
    optimizer: optax.OptState


def to_vectors(states: Tree) -> npt.NDArray[np.float32]:
    """States stacked over candidates -> [candidates, values], on the host.

    A checkpoint costs milliseconds for each array in it, so a candidate's hundred leaves are kept as one vector.
    """
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(states)]
    return np.concatenate([leaf.reshape(leaf.shape[0], -1) for leaf in leaves], axis=1)


def from_vectors(vectors: npt.NDArray[np.float32], template: State) -> State:
    """The inverse of `to_vectors`; template: shapes of one candidate's state, without the leading axis."""
    leaves, structure = jax.tree.flatten(template)
    sizes = [int(np.prod(leaf.shape)) for leaf in leaves]
    parts = np.split(vectors, np.cumsum(sizes)[:-1], axis=1)
    shaped = [part.reshape(len(vectors), *leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
    states: State = jax.tree.unflatten(structure, shaped)
    return states


def to_vector(state: Tree) -> Vector:
    """Returns one state, without a leading axis, as a vector [values] on the host; a copy."""
    vector: Vector = to_vectors(jax.tree.map(lambda leaf: np.asarray(leaf)[np.newaxis], state))[0]
    return vector


def from_vector(vector: Vector, template: State) -> State:
    """Inverts `to_vector`; template: its shapes."""
    state: State = jax.tree.map(lambda leaf: leaf[0], from_vectors(vector[np.newaxis], template))
    return state


def vector_size(template: Tree) -> int:
    """Returns the length of a candidate's vector; raises TypeError for a leaf of another type, which would be lost."""
    for path, leaf in jax.tree.leaves_with_path(template):
        if leaf.dtype != np.float32:
            raise TypeError(
                f"a training state is float32 throughout, unlike {jax.tree_util.keystr(path)}: {leaf.dtype}"
            )
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(template))
