"""The supernet of a space of chains: all candidates' weights, of which a path, which is data, uses one a place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.nn.chain.gates import Gates
from econas_jax.nn.chain.initial import classifier_kernel
from econas_jax.nn.chain.places import Place
from econas_jax.nn.chain.units import initial_statistics, initial_unit, run_branches, run_unit
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.kernels.spatial import as_positions
from econas_jax.nn.network import Variables
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.chain.blocks import Block, Unit
from econas_jax.spaces.chain.space import ChainSpace


@dataclasses.dataclass(frozen=True)
class ChainSupernet:
    """The supernet of a space; one compiled program serves every path. A `nn.network.Network`.

    Variables: "stem", "last", "classifier", "fixed0" and so on; for each place, from "place0", those of each candidate
    by its label. compute_dtype: the type of activations; variables and logits are float32 (`precision`). Raises
    InputError for values that make no network.
    """

    space: ChainSpace
    num_classes: int
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_integer("num_classes", self.num_classes, 2)
        require_compute_dtype("compute_dtype", self.compute_dtype)

    def init(self, key: jax.Array, images: jax.Array, *_: Any, train: bool) -> Variables:
        """Returns the variables before the first step; raises InputError for images of another shape than `apply`'s."""
        require_square(images)
        units = dict(self._units())
        keys = dict(zip(units, jax.random.split(key, len(units) + 1), strict=False))
        space, last_key = self.space, jax.random.fold_in(key, len(units))
        params: Variables = {}
        statistics: Variables = {}
        for path, unit in units.items():
            stem = path == ("stem",)
            made = initial_unit(keys[path], unit, space.initial, affine=space.affine_supernet, stem=stem)
            _put(params, path, made)
            _put(statistics, path, initial_statistics(unit))
        kernel = classifier_kernel(space.initial)(last_key, (space.last.outputs, self.num_classes))
        bias = {"bias": jnp.zeros(self.num_classes)} if space.classifier_bias else {}
        return {"params": {**params, "classifier": {"kernel": kernel, **bias}}, "batch_stats": statistics}

    def apply(
        self,
        variables: Variables,
        images: jax.Array,
        path: jax.Array,
        gates: Gates | None = None,
        *,
        train: bool,
        mutable: Any = False,
    ) -> Any:
        """Maps normalised images, float [batch, size, size, 3], to logits [batch, num_classes].

        path: int32 [places], the active candidates; gates: see `Gates`. With `mutable` also returns the collection of
        new running statistics, of which those of the active candidates have changed.
        """
        require_square(images)
        params, statistics = variables["params"], variables["batch_stats"]
        space, size, new = self.space, images.shape[1], {}
        x = as_positions(rounded(images, self.compute_dtype).transpose(3, 1, 2, 0))

        x, new["stem"] = run_unit(space.stem, size, train, x, params["stem"], statistics["stem"])
        size = space.stem.side(size)
        for number, block in enumerate(space.fixed):
            name = f"fixed{number}"
            y, new[name] = run_branches(block, size, train, x, params[name], statistics[name])
            x, size = (x + y if block.join == "residual" else y), block.out_side(size)
        for number, candidates in enumerate(space.places):
            name = place_name(number)
            place = Place(candidates, space.labels, size, train)
            row = None if gates is None else gates.values[number]
            compared = None if gates is None or gates.compared is None else gates.compared[number]
            x, new[name] = place.run(x, params[name], statistics[name], path[number], row, compared)
            size = candidates[0].out_side(size)
        x, new["last"] = run_unit(space.last, size, train, x, params["last"], statistics["last"])

        features = jnp.mean(widened(x), axis=1).T
        logits = features @ params["classifier"]["kernel"]
        if space.classifier_bias:
            logits += params["classifier"]["bias"][None]
        return (logits, {"batch_stats": new}) if mutable else logits

    def _units(self) -> Iterator[tuple[tuple[str, ...], Unit]]:
        """Yields all convolutions with the paths of their variables."""
        space = self.space
        yield ("stem",), space.stem
        for number, block in enumerate(space.fixed):
            for name, unit in named_units(block):
                yield (f"fixed{number}", name), unit
        for number, candidates in enumerate(space.places):
            for label, block in zip(space.labels, candidates, strict=False):
                for name, unit in named_units(block):
                    yield (place_name(number), label, name), unit
        yield ("last",), space.last


def place_name(number: int) -> str:
    """Returns the name of a place's variables."""
    return f"place{number}"


def named_units(block: Block) -> Iterator[tuple[str, Unit]]:
    """Yields the units of a block with the names of their variables."""
    for branch, units in (("main", block.main), ("side", block.side)):
        for place, unit in enumerate(units):
            yield f"{branch}{place}", unit


def require_square(images: Any) -> None:
    """Raises InputError for anything but square images [batch, size, size, 3]."""
    shaped = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    require(shaped, "images.shape", images.shape, "[batch, size, size, 3]")


def _put(tree: Variables, path: tuple[str, ...], value: Variables) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value
