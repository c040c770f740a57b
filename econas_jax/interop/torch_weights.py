"""Converts weights between PyTorch's implementations of the DARTS macro-net and `CellNetwork`; needs no PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.errors import InputError, require
from econas_jax.interop.torch_macro_net import described, has_auxiliary
from econas_jax.interop.torch_names import LEAVES, STEPS, torch_modules
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import IMAGE_UNITS, auxiliary_sides

PARALLEL_PREFIX = "module."  # torch.nn.DataParallel puts it before every name
STATE = "state_dict"  # where a checkpoint holds the weights, beside an epoch and an optimizer's state
SHOWN = 3  # names of each kind in a message

# The axes of an array of ours, in terms of PyTorch's: a convolution's [outputs, inputs a group, height, width], a
# linear layer's [outputs, inputs], a vector.
AXES: Mapping[int, tuple[int, ...]] = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}


class TorchNetwork(NamedTuple):
    """A network that was read from PyTorch's weights."""

    description: CellNetworkDescription
    variables: Variables  # float32 NumPy arrays: "params" and "batch_stats" of `description.build(auxiliary=...)`
    auxiliary: bool  # an auxiliary head is among the variables, which evaluation does without


def from_torch(arrays: Mapping[str, Any], genotype: Genotype) -> TorchNetwork:
    """Returns the `CellNetwork` of a state dict of quark0/darts (`cnn/model.py`) or of EcoNAS (`retrain/model.py`).

    arrays: NumPy arrays of floats by their names in the state dict, such as `{name: tensor.cpu().numpy() for name,
    tensor in model.state_dict().items()}`. "module." before every name (DataParallel) is dropped. A checkpoint is taken
    too, a mapping whose "state_dict" is one; what else is in it is left alone.
    genotype: of the network; everything else (stem, channels, cells, classes, auxiliary head) is read off the arrays.

    Every array is used exactly once, apart from the counters `num_batches_tracked` of the normalisations, which change
    nothing that the network computes. Raises InputError otherwise, with the first names of what is missing, left over
    or of another shape. A genotype of the same shapes, say with another input of an edge, cannot be told apart.
    """
    require(isinstance(genotype, Genotype), "genotype", genotype, "a Genotype, such as Genotype.parse(text) returns")
    state = _state(arrays)
    description, auxiliary = described(state, genotype), has_auxiliary(state)
    shapes = _shapes(description, auxiliary)
    names = _torch_names(description, shapes)
    normalisations = {name.rpartition(".")[0] for name in names.values() if name.endswith(".running_var")}
    counters = {f"{module}.{STEPS}" for module in normalisations}
    _check({name: array.shape for name, array in state.items() if name not in counters}, names, shapes)

    def taken(path: tuple[Any, ...], shape: Any) -> np.ndarray:
        array = state[names[_keys(path)]]
        return _copied(array.transpose(AXES[array.ndim]))

    return TorchNetwork(description, jax.tree.map_with_path(taken, shapes), auxiliary)


def to_torch(description: CellNetworkDescription, variables: Variables) -> dict[str, np.ndarray]:
    """Returns the arrays by PyTorch's names and in its layout, float32: what `from_torch` inverts.

    variables: of the network, with or without an auxiliary head. PyTorch's `load_state_dict` takes them as tensors.
    """
    names = _torch_names(description, variables)
    arrays = {}
    for path, leaf in jax.tree.leaves_with_path(variables):
        back = np.argsort(AXES[leaf.ndim])
        arrays[names[_keys(path)]] = _copied(np.asarray(leaf).transpose(back))
    return arrays


def _state(arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Returns the arrays by their names in a network alone; raises InputError for what is no mapping of arrays."""
    require(isinstance(arrays, Mapping), "state dict", type(arrays).__name__, "a mapping of names to NumPy arrays")
    if isinstance(inner := arrays.get(STATE), Mapping):
        arrays = inner
    parallel = all(str(name).startswith(PARALLEL_PREFIX) for name in arrays)
    for name, array in arrays.items():
        numbers = isinstance(array, np.ndarray) and (
            str(name).endswith(STEPS) or jnp.issubdtype(array.dtype, jnp.floating)
        )
        if not numbers:
            found = array.dtype.name if isinstance(array, np.ndarray) else type(array).__name__
            raise InputError(f"state dict's {name}", found, "a NumPy array of floats (tensor.detach().cpu().numpy())")
    return {str(name).removeprefix(PARALLEL_PREFIX if parallel else ""): array for name, array in arrays.items()}


def _shapes(description: CellNetworkDescription, auxiliary: bool) -> Variables:
    """Returns the shapes of the network's variables."""
    side = IMAGE_UNITS[description.stem] * auxiliary_sides(description.stem)[0]
    images = jax.ShapeDtypeStruct((1, side, side, 3), np.float32)
    network = description.build(auxiliary=auxiliary)
    shapes: Variables = jax.eval_shape(lambda images: network.init(jax.random.key(0), images, train=False), images)
    return shapes


def _torch_names(description: CellNetworkDescription, variables: Variables) -> dict[tuple[str, ...], str]:
    """Returns PyTorch's name of every variable, by its path, the collection first."""
    modules = torch_modules(description)
    paths = [_keys(path) for path, _ in jax.tree.leaves_with_path(variables)]
    return {path: f"{modules[path[1:-1]]}.{LEAVES[path[0], path[-1]]}" for path in paths}


def _check(found: Mapping[str, tuple[int, ...]], names: Mapping[tuple[str, ...], str], shapes: Variables) -> None:
    """Raises InputError unless there is an array of the right shape for every variable, and no other."""
    expected = {}
    for path, leaf in jax.tree.leaves_with_path(shapes):
        inverse = np.argsort(AXES[leaf.ndim])
        expected[names[_keys(path)]] = tuple(leaf.shape[axis] for axis in inverse)
    missing = [name for name in expected if name not in found]
    left_over = [name for name in found if name not in expected]
    reshaped = [
        f"{name} {found[name]} instead of {shape}"
        for name, shape in expected.items()
        if found.get(name, shape) != shape
    ]
    kinds = {"missing": missing, "left over": left_over, "of another shape": reshaped}
    counts = ", ".join(f"{len(listed)} {kind}" for kind, listed in kinds.items() if listed)
    if counts:
        which = "; ".join(f"{kind}: {_first(listed)}" for kind, listed in kinds.items() if listed)
        raise InputError("state dict", counts, f"one array for each variable of the genotype's network; {which}")


def _copied(array: np.ndarray) -> np.ndarray:
    """Returns a contiguous float32 array of its own: PyTorch writes in place what it shares, and needs it writable."""
    return np.array(array, np.float32, order="C")


def _first(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _keys(path: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(key.key for key in path)
