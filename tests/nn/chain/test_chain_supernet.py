"""The supernet of chains: one program for all paths, each the plain network of that path; counts of what is built."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, quick_jit, random_images, random_variables

from econas_jax.errors import InputError
from econas_jax.nn.chain import ChainNetwork, ChainSupernet, Gates, chosen_masks, specialize, where_chosen
from econas_jax.nn.chain.network import ChainBlock, ConvolutionUnit
from econas_jax.spaces.chain import Chain, ChainSpace, Path, mbconv_space, parameters, shufflenet_space
from econas_jax.spaces.chain.mbconv import MOBILENET_V2, PROXYLESS_GPU
from econas_jax.spaces.chain.shufflenet import PUBLISHED

CLASSES, SIZE = 3, 4
ONE_PLACE = mbconv_space(0.125, widths=(64,), depths=(1,), strides=(1,), stem_stride=1)
TWO_PLACES = mbconv_space(0.125, widths=(64,), depths=(2,), strides=(2,), stem_stride=1)
TINY_SHUFFLENET = shufflenet_space(widths=(8,), depths=(2,), stem=4, last=6, stem_stride=1)
TINY = pytest.mark.parametrize(
    ("space", "paths"),
    [
        pytest.param(ONE_PLACE, [(5,), (6,)], id="mbconv"),
        pytest.param(TINY_SHUFFLENET, [(1, 3)], id="shufflenet"),
    ],
)


def supernet_shapes(space: ChainSpace, classes: int = CLASSES, size: int = SIZE) -> Any:
    network = ChainSupernet(space, classes)
    return jax.eval_shape(lambda: network.init(jax.random.key(0), jnp.zeros((1, size, size, 3)), train=True))


def count(tree: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def outcomes(network: Any, variables: Any, images: Any, *path: Any) -> Any:
    """In training: logits, new statistics, and gradients of a sum that depends on each logit; logits in evaluation."""

    def loss(params: Any) -> Any:
        given = {**variables, "params": params}
        logits, new = network.apply(given, images, *path, train=True, mutable=["batch_stats"])
        weights = jnp.cos(jnp.arange(logits.size)).reshape(logits.shape)
        return jnp.sum(weights * logits), (logits, new["batch_stats"])

    gradients, (logits, statistics) = jax.grad(loss, has_aux=True)(variables["params"])
    return logits, statistics, gradients, network.apply(variables, images, *path, train=False)


def assert_near(actual: Any, expected: Any) -> None:
    """Each leaf within 1e-3 of its norm, and of 1e-5 of the whole's: a shift before a normalisation hardly counts."""
    whole = np.sqrt(sum(np.sum(np.square(leaf)) for leaf in jax.tree.leaves(expected)))
    for one, other in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert np.linalg.norm(one - other) <= 1e-3 * np.linalg.norm(other) + 1e-5 * whole


def plain_network(space: ChainSpace, path: Path) -> ChainNetwork:
    return ChainNetwork(dataclasses.replace(space.network(path), affine=space.affine_supernet), CLASSES)


@TINY
def test_a_path_is_its_plain_network_and_moves_nothing_else(space: ChainSpace, paths: list[Path]) -> None:
    variables, images = random_variables(supernet_shapes(space), 1), random_images(4, SIZE, seed=2)
    run = quick_jit(functools.partial(outcomes, ChainSupernet(space, CLASSES)))
    for path in paths:
        logits, statistics, gradients, evaluated = run(variables, images, jnp.array(path))
        plain = quick_jit(functools.partial(outcomes, plain_network(space, path)))
        expected = plain(specialize(space, variables, path), images)
        updated = specialize(space, {"params": gradients, "batch_stats": statistics}, path)
        assert_close(logits, expected[0], 1e-4)
        assert_close(updated["batch_stats"], expected[1], 1e-4)
        assert_near(updated["params"], expected[2])
        assert_close(evaluated, expected[3], 1e-4)
        masks = chosen_masks(space, variables["params"], jnp.array(path))
        other = jax.tree.map(lambda used, slope: bool(used) or not np.any(slope), masks, gradients)
        assert all(jax.tree.leaves(other))
        masks = chosen_masks(space, variables["batch_stats"], jnp.array(path))
        same = where_chosen(masks, variables["batch_stats"], statistics)
        assert all(jax.tree.leaves(jax.tree.map(np.array_equal, same, variables["batch_stats"])))
        assert all(jax.tree.leaves(masks["stem"])) and not all(jax.tree.leaves(masks["place0"]))
    assert run._cache_size() == 1


def mixture(space: ChainSpace, variables: Any, images: Any, shares: Any) -> Any:
    """Logits of the network whose places sum all candidates' outputs, each times its share, in plain modules."""
    common, first = (space.affine_supernet, space.initial), specialize(space, variables, (0,) * len(space.places))

    def part(given: Any, name: str) -> Any:
        return {collection: given[collection][name] for collection in ("params", "batch_stats")}

    def run(module: Any, given: Any, x: Any) -> Any:
        return module.apply(given, x, True, mutable=["batch_stats"])[0]

    x = run(ConvolutionUnit(space.stem, *common), part(first, "stem"), images)
    x = run(ChainBlock(space.fixed[0], *common), part(first, "block0"), x)
    for place, candidates in enumerate(space.places):
        joined = candidates[0].join == "residual"
        total = x if joined else 0.0
        for number, block in enumerate(candidates):
            if block.main:
                path = [0] * len(space.places)
                path[place] = number
                own = part(specialize(space, variables, tuple(path)), f"block{place + 1}")
                output = run(ChainBlock(block, *common), own, x)
                total += shares[place, number] * (output - x if joined else output)
        x = total
    x = run(ConvolutionUnit(space.last, *common), part(first, "last"), x)
    classifier = variables["params"]["classifier"]
    return jnp.mean(x, (1, 2)) @ classifier["kernel"] + classifier["bias"][None]


@pytest.mark.parametrize("compared", [(1, 6), None], ids=["two", "full"])
def test_the_gradient_of_a_gate_is_that_of_its_share_in_a_mixture(compared: Path | None) -> None:
    space, active = TWO_PLACES, jnp.array((3, 1))
    variables = random_variables(supernet_shapes(space), 3)
    images = jnp.asarray(random_images(4, SIZE, seed=4))
    network, towards = ChainSupernet(space, CLASSES), random_images(4, CLASSES, seed=5)[:, :, 0, 0]
    chosen = jax.nn.one_hot(active, len(space.labels))
    shown = None if compared is None else jnp.array(compared)

    def gated(values: jax.Array) -> Any:
        return jnp.sum(towards * network.apply(variables, images, active, Gates(values, shown), train=True))

    def mixed(shares: jax.Array) -> Any:
        return jnp.sum(towards * mixture(space, variables, images, shares))

    value, gradient = quick_jit(jax.value_and_grad(gated))(0.7 * chosen)
    reference, expected = quick_jit(jax.value_and_grad(mixed))(chosen)
    np.testing.assert_allclose(value, reference, rtol=1e-4)
    if compared is not None:
        seen = chosen + jax.nn.one_hot(shown, len(space.labels))
        expected = expected * seen
    np.testing.assert_allclose(gradient, expected, atol=1e-4 * np.abs(expected).max())
    assert np.all(np.any(np.asarray(gradient) != 0, axis=1))


@pytest.mark.parametrize(
    ("space", "expected"),
    [(mbconv_space(), 16_034_168), (mbconv_space(0.5), 5_544_112), (shufflenet_space(), 8_388_176)],
)
def test_supernets_have_their_published_sizes(space: ChainSpace, expected: int) -> None:
    shapes = supernet_shapes(space, 1000, 32)
    assert count(shapes["params"]) == expected
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(shapes))


@pytest.mark.parametrize(
    "chain", [MOBILENET_V2, PROXYLESS_GPU, shufflenet_space().network(PUBLISHED)], ids=["mobilenet", "gpu", "spos"]
)
def test_built_networks_have_the_counted_parameters(chain: Chain) -> None:
    network = ChainNetwork(chain, 1000)
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), jnp.zeros((1, 32, 32, 3)), train=False))
    assert count(shapes["params"]) == parameters(chain, num_classes=1000)


@pytest.mark.parametrize("shape", [(1, 6, 8, 3), (1, 6, 6, 1), (6, 6, 3)])
def test_refused_images(shape: tuple[int, ...]) -> None:
    network = ChainSupernet(TWO_PLACES, CLASSES)
    with pytest.raises(InputError) as caught:
        network.init(jax.random.key(0), jnp.zeros(shape), train=False)
    assert caught.value.field == "images.shape"
