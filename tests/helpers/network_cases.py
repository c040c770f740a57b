"""Genotypes, variables and comparisons that the tests of the networks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import reference_network as reference

from econas_jax.nn import CellNetwork, SearchNetwork
from econas_jax.spaces.darts.genotype import OPERATIONS, SEARCH_OPERATIONS, CellGenotype, Edge, Genotype

Tree = dict[str, Any]

# Programs that compute the same take half the time to compile, those that draw random numbers a tenth. The older
# emitters of loops take 40 % off that. They are not for all tests: with them XLA rounds a program for one device
# otherwise than the same one for four.
FAST_COMPILATION: dict[str, bool | str] = {
    "xla_backend_optimization_level": "0",
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}


def random_cell(
    rng: np.random.Generator, *, nodes: int = 4, concat: int, operations: tuple[str, ...] = SEARCH_OPERATIONS
) -> CellGenotype:
    """Every operation once (then again) in random order, random inputs, any `concat` of the nodes in the output."""
    names = [operations[place % len(operations)] for place in range(2 * nodes)]
    edges = [Edge(str(name), int(rng.integers(2 + place // 2))) for place, name in enumerate(rng.permutation(names))]
    kept = sorted(int(node) + 2 for node in rng.choice(nodes, concat, replace=False))
    return CellGenotype(tuple(edges), tuple(kept))


def random_genotype(seed: int, *, nodes: int = 4, concats: tuple[int, int]) -> Genotype:
    """concats: the numbers of concatenated nodes in the normal and in the reduction cell."""
    rng = np.random.default_rng([nodes, seed])
    return Genotype(*(random_cell(rng, nodes=nodes, concat=concat) for concat in concats))


def all_ten_operations(seed: int) -> Genotype:
    rng = np.random.default_rng(seed)
    cells = [random_cell(rng, nodes=5, concat=concat, operations=OPERATIONS) for concat in (3, 2)]
    return Genotype(*cells)


def shapes_of(network: CellNetwork | SearchNetwork, size: int, genotype: Genotype | None = None) -> Tree:
    """Of the network's variables."""
    images = jnp.zeros((2, size, size, 3))
    arguments = (images,) if genotype is None else (images, genotype.encode())
    shapes: Tree = jax.eval_shape(lambda: network.init(jax.random.key(0), *arguments, train=True))
    return shapes


def random_variables(shapes: Tree, seed: int) -> Tree:
    """Values for shapes, all of them unlike initial ones: no scale is 1, no bias and no running mean 0."""
    rng = np.random.default_rng(seed)

    def draw(path: tuple[Any, ...], leaf: Any) -> np.ndarray:
        name = path[-1].key
        noise = rng.standard_normal(leaf.shape)
        values = {
            "kernel": noise * 0.5,
            "depthwise": noise * 0.5,
            "pointwise": noise * 0.5,
            "scale": 1.0 + 0.2 * noise,
            "bias": 0.3 * noise,
            "mean": 0.3 * noise,
            "variance": np.exp(0.3 * noise),
        }
        return values[name].astype(leaf.dtype)

    drawn: Tree = jax.tree_util.tree_map_with_path(draw, shapes)
    return drawn


def random_edge(rng: np.random.Generator, channels: int) -> tuple[Tree, Tree]:
    """Parameters and statistics of an edge of the search network, in float64."""
    parameters = {
        "depthwise": rng.standard_normal((2, 25, channels)) * 0.5,
        "pointwise": rng.standard_normal((2, channels, channels)),
        "scale": 1 + 0.2 * rng.standard_normal((2, channels)),
        "bias": 0.3 * rng.standard_normal((2, channels)),
    }
    return parameters, {"mean": rng.standard_normal((2, channels)), "variance": rng.uniform(0.5, 2, (2, channels))}


def random_images(batch: int, size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((batch, size, size, 3)).astype(np.float32)


def in_double(tree: Any) -> Any:
    """float64 NumPy arrays, for the reference."""
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), tree)


def reference_scope(variables: Tree, train: bool) -> reference.Scope:
    double = in_double(variables)
    return reference.Scope(double["params"], double.get("batch_stats", {}), train)


def used_by_operation(name: str, stride: int, parameters: Tree, statistics: Tree, train: bool) -> reference.Scope:
    """What an operation uses of the union of an edge of the search network, under the names of the plain network."""
    norms = [
        (
            {key: parameters[key][slot] for key in ("scale", "bias")},
            {key: leaf[slot] for key, leaf in statistics.items()},
        )
        for slot in range(2)
    ]
    weights = [leaf.T[None, None] for leaf in parameters["pointwise"]]  # [1, 1, inputs, outputs]
    if name == "skip_connect" and stride == 2:
        half = weights[0].shape[-1] // 2
        kernels = {"Conv_0": {"kernel": weights[0][..., :half]}, "Conv_1": {"kernel": weights[0][..., half:]}}
        inner = {"FactorizedReduce_0": {**kernels, "BatchNorm_0": norms[0][0]}}
        return reference.Scope(inner, {"FactorizedReduce_0": {"BatchNorm_0": norms[0][1]}}, train)
    scope = reference.Scope({}, {}, train)
    if name.endswith(("conv_3x3", "conv_5x5")):
        size = int(name[-1])
        for slot, norm in enumerate(norms):
            taps = parameters["depthwise"][slot].reshape(5, 5, 1, -1)
            centre = taps if size == 5 else taps[1:4, 1:4]
            scope.parameters[f"Conv_{2 * slot}"] = {"kernel": centre}
            scope.parameters[f"Conv_{2 * slot + 1}"] = {"kernel": weights[slot]}
            scope.parameters[f"BatchNorm_{slot}"], scope.statistics[f"BatchNorm_{slot}"] = norm
    return scope


def leaves(tree: Any) -> dict[str, np.ndarray]:
    """By path, without empty subtrees."""
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def assert_close(actual: Any, expected: Any, tolerance: float) -> None:
    """Trees of the same leaves, of the same shapes, each within the tolerance of its own norm."""
    ours, theirs = leaves(actual), leaves(expected)
    assert list(ours) == list(theirs)
    for path, value in ours.items():
        assert value.shape == theirs[path].shape, path
        error = np.linalg.norm(value - theirs[path])
        assert error <= tolerance * (np.linalg.norm(theirs[path]) + 1e-3), (path, error)


def quick_jit(function: Callable[..., Any]) -> Any:
    """jax.jit that compiles in haste."""
    return jax.jit(function, compiler_options=FAST_COMPILATION)


def check_directions(
    value: Callable[[Tree], float],
    gradient: Tree,
    point: Tree,
    seed: int,
    *,
    step: float = 1e-6,
    tolerance: float = 1e-6,
) -> None:
    """Each entry of the gradient against the central difference of `value` along a random direction of that entry.

    The more operations, the nearer is the next kink of a ReLU or a maximum, and the smaller must the step be.
    """
    rng = np.random.default_rng(seed)
    for name, part in point.items():
        direction = jax.tree.map(lambda leaf: rng.standard_normal(leaf.shape), part)
        shifted = [
            jax.tree.map(lambda leaf, along, way=way: leaf + way * along, part, direction) for way in (step, -step)
        ]
        ends = [value({**point, name: changed}) for changed in shifted]
        slope = (ends[0] - ends[1]) / (2 * step)
        ours = sum(jax.tree.leaves(jax.tree.map(np.vdot, gradient[name], direction)))
        assert abs(ours - slope) <= tolerance * (1 + abs(slope)), (name, ours, slope)
