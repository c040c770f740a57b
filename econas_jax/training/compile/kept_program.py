"""Programs of trees of arrays whose traced text is kept between runs, so that a start from the caches takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding

from econas_jax.training.compile.compilation import lower_program
from econas_jax.training.compile.export_cache import traced

Shape = tuple[int, ...]


def placed(shape: Shape, dtype: Any, sharding: NamedSharding) -> Any:
    """Returns the shape of an array that lies on devices, as an argument to lower a program for."""
    return jax.ShapeDtypeStruct(shape, dtype, sharding=sharding)


def placed_images(shape: Shape, sharding: NamedSharding) -> tuple[Any, Any]:
    """Returns the shapes of images as stored and of their labels; shape: of the images."""
    return placed(shape, np.uint8, sharding), placed(shape[:1], np.int32, sharding)


def depends_on_ours(network: Any, *parts: Any) -> tuple[Any, ...] | None:
    """Returns what the text of a network's program depends on, or None: then it is not kept.

    parts: objects whose repr tells them apart. A network of somebody else's may depend on what its repr does not show.
    """
    ours = type(network).__module__.partition(".")[0] == __name__.partition(".")[0]
    return parts if ours else None


def lower_kept(
    name: str,
    function: Callable[..., Any],
    arguments: Sequence[Any],
    depends_on: Sequence[Any] | None,
    *,
    platform: str,
    consumes_first: bool = False,
    **options: Any,
) -> Any:
    """Returns a function lowered for arguments like these, as a program from their leaves to those of its result.

    arguments: trees of `jax.ShapeDtypeStruct`s. depends_on: as `traced` takes it. platform: of the devices.
    consumes_first: the first argument's memory is used for the result. options: of `jax.jit`.
    """
    leaves, structure = jax.tree.flatten(tuple(arguments))

    def of_leaves(*leaves: Any) -> list[Any]:
        return jax.tree.leaves(function(*jax.tree.unflatten(structure, leaves)))

    exported = traced(of_leaves, leaves, platform, None if depends_on is None else (name, *depends_on))

    def program(*leaves: Any) -> Any:
        return exported.call(*leaves)

    program.__name__ = name  # in profiles and in the names of the cache's files
    consumed = range(len(jax.tree.leaves(arguments[0]))) if consumes_first else ()
    return lower_program(jax.jit(program, donate_argnums=consumed, **options), *leaves)


def of_trees(program: Callable[..., Any], results: Any) -> Callable[..., Any]:
    """Returns a program of leaves as one of trees; results: a tree of what it returns."""
    structure = jax.tree.structure(results)
    return lambda *arguments: jax.tree.unflatten(structure, program(*jax.tree.leaves(arguments)))
