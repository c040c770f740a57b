"""The DenseNet against a NumPy reference that never concatenates, its counts, its memory, its description."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from jax.extend.core import jaxprs_in_params
from network_cases import (
    Tree,
    assert_close,
    check_directions,
    in_double,
    quick_jit,
    random_images,
    random_variables,
    reference_scope,
)

from econas_jax.errors import InputError
from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.nn.densenet.network import DenseLayer, DenseNet
from econas_jax.nn.description import description_from_json
from econas_jax.spaces.densenet import DenseNetBC, parameters

Array = np.ndarray


def shapes_of(network: DenseNet, size: int) -> Tree:
    images = jnp.zeros((1, size, size, 3))
    shapes: Tree = jax.eval_shape(lambda: network.init(jax.random.key(0), images, train=False))
    return shapes


def normalised_parts(scope: reference.Scope, parts: list[Array]) -> list[Array]:
    """ReLU of the batch normalisation of maps that stand side by side, each with its share of the vectors."""
    made, first = [], 0
    new: dict[str, list[Array]] = {"mean": [], "variance": []}
    for part in parts:
        own = slice(first, first + part.shape[-1])
        first = own.stop
        piece = reference.Scope(
            {name: vector[own] for name, vector in scope.parameters.items()},
            {name: vector[own] for name, vector in scope.statistics.items()},
            scope.train,
        )
        made.append(reference.relu(reference.batch_norm(piece, part)))
        for name, vector in piece.new.items():
            new[name].append(vector)
    scope.new.update({name: np.concatenate(vectors) for name, vectors in new.items() if vectors})
    return made


def summed(parts: list[Array], kernel: Array) -> Array:
    """A 1x1 convolution of maps that stand side by side: the sum of what each adds."""
    total, first = 0.0, 0
    for part in parts:
        total = total + part @ kernel[0, 0, first : first + part.shape[-1]]
        first += part.shape[-1]
    return np.asarray(total)


def densenet(scope: reference.Scope, network: DenseNetBC, images: Array) -> Array:
    parts = [reference.convolution(images, scope.parameters["stem"]["kernel"])]
    for block in range(3):
        if block > 0:
            inner = scope.child(f"transition{block - 1}")
            kernel = inner.parameters["convolution"]["kernel"]
            x = summed(normalised_parts(inner.child("normalization"), parts), kernel)
            parts = [x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1).mean((2, 4))]
        for place in range((network.depth - 4) // 6):
            inner = scope.child(f"block{block}_layer{place}")
            x = summed(
                normalised_parts(inner.child("normalization0"), parts), inner.parameters["convolution0"]["kernel"]
            )
            (x,) = normalised_parts(inner.child("normalization1"), [x])
            parts.append(reference.convolution(x, inner.parameters["convolution1"]["kernel"]))
    means = np.concatenate([part.mean((1, 2)) for part in normalised_parts(scope.child("normalization"), parts)], -1)
    classifier = scope.parameters["classifier"]
    return np.asarray(means @ classifier["kernel"] + classifier["bias"])


def test_network_is_the_references() -> None:
    architecture = DenseNetBC(16, 3)
    network = DenseNet(architecture, num_classes=7)
    variables, images = random_variables(shapes_of(network, 8), seed=1), random_images(3, 8, seed=2)

    def run(variables: Tree, images: jax.Array) -> Any:
        trained = network.apply(variables, images, train=True, mutable=["batch_stats"])
        return trained, network.apply(variables, images, train=False)

    (trained, updated), evaluated = quick_jit(run)(variables, images)
    scope = reference_scope(variables, train=True)
    assert_close(trained, densenet(scope, architecture, in_double(images)), 2e-5)
    new = {name: made for name, made in scope.new.items() if made}
    assert_close(updated["batch_stats"], new, 2e-5)
    scope = reference_scope(variables, train=False)
    assert_close(evaluated, densenet(scope, architecture, in_double(images)), 2e-5)


def test_gradient_is_the_references() -> None:
    architecture = DenseNetBC(10, 2)
    network = DenseNet(architecture, num_classes=3)
    variables, images = (
        in_double(random_variables(shapes_of(network, 4), seed=3)),
        in_double(random_images(3, 4, seed=4)),
    )
    towards = np.random.default_rng(5).standard_normal((3, 3))

    def ours(params: Tree) -> jax.Array:
        full = {"params": params, "batch_stats": variables["batch_stats"]}
        logits = network.apply(full, images, train=True, mutable=["batch_stats"])[0]
        return jnp.sum(logits * towards)

    def references(params: Tree) -> float:
        scope = reference_scope({**variables, "params": params}, train=True)
        return float(np.sum(densenet(scope, architecture, images) * towards))

    with jax.enable_x64(True):
        gradient = jax.tree.map(np.asarray, quick_jit(jax.grad(ours))(variables["params"]))
    check_directions(references, gradient, variables["params"], seed=6)


@pytest.mark.parametrize(("depth", "growth", "classes"), [(10, 4, 10), (22, 5, 7), (100, 12, 100)])
def test_counts_are_those_of_the_built_network(depth: int, growth: int, classes: int) -> None:
    network = DenseNetDescription(depth, growth, classes).build()
    built = sum(leaf.size for leaf in jax.tree.leaves(shapes_of(network, 8)["params"]))
    assert built == parameters(DenseNetBC(depth, growth), num_classes=classes)


def test_initial_convolutions_have_the_published_deviation() -> None:
    layer = DenseLayer(16, train=False)
    variables = quick_jit(lambda key: layer.init(key, jnp.zeros((1, 2, 2, 8))))(jax.random.key(0))
    kernel = np.asarray(variables["params"]["convolution1"]["kernel"])
    assert kernel.shape == (3, 3, 64, 16)
    assert np.std(kernel) == pytest.approx((2 / (9 * 16)) ** 0.5, rel=0.03)
    assert np.abs(kernel).max() > 3.5 * np.std(kernel)  # not truncated


def test_every_layer_is_computed_again_for_its_gradient() -> None:
    network = DenseNet(DenseNetBC(22, 2))
    images = jnp.zeros((2, 4, 4, 3))
    variables = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), shapes_of(network, 4))

    def logits(variables: Tree) -> jax.Array:
        made: jax.Array = network.apply(variables, images, train=True, mutable=["batch_stats"])[0]
        return made

    def again(program: Any) -> int:
        inner = [jaxpr for equation in program.eqns for jaxpr in jaxprs_in_params(equation.params)]
        here = sum(equation.primitive.name in ("checkpoint", "remat2") for equation in program.eqns)
        return here + sum(map(again, inner))

    assert again(jax.make_jaxpr(logits)(variables).jaxpr) == 9


def test_description() -> None:
    description = DenseNetDescription(190, 40, 10)
    assert description.title == "DenseNet-BC (L=190, k=40)"
    assert description.cost(32) == (25_624_430, 9_301_945_740)
    assert description.to_json() == {
        "kind": "densenet_bc",
        "depth": 190,
        "growth": 40,
        "num_classes": 10,
        "compute_dtype": "float32",
    }
    again: object = description_from_json(description.to_json())
    assert again == description


def test_what_a_densenet_has_not_is_refused() -> None:
    network = DenseNetDescription(10, 2, 3).build()
    with pytest.raises(InputError, match="auxiliary = True: expected False for a DenseNet"):
        DenseNetDescription(10, 2, 3).build(auxiliary=True)
    with pytest.raises(InputError, match="a multiple of 4"):
        network.init(jax.random.key(0), jnp.zeros((1, 6, 6, 3)), train=True)
    with pytest.raises(InputError, match="height, width, 3"):
        network.init(jax.random.key(0), jnp.zeros((1, 8, 8, 1)), train=True)
    for fields in ({"depth": 11}, {"growth": 0}, {"num_classes": 1}, {"compute_dtype": "float16"}):
        with pytest.raises(InputError):
            DenseNetDescription(**{"depth": 10, "growth": 2, "num_classes": 3, **fields})  # type: ignore[arg-type]
