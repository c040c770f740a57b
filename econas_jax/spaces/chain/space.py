"""A space of chains: at each place one of several blocks of the same shape, so that a path of numbers is a network."""

from __future__ import annotations

import dataclasses

import numpy as np

from econas_jax.errors import require, require_integer
from econas_jax.spaces import layers
from econas_jax.spaces.chain.blocks import IDENTITY, Block, Unit
from econas_jax.spaces.chain.network import Chain, Initial, multiply_adds
from econas_jax.spaces.chain.network import parameters as chain_parameters

Path = tuple[int, ...]  # the number of the chosen candidate, place after place


@dataclasses.dataclass(frozen=True)
class ChainSpace:
    """The networks with one of several candidates at each place; those of a place have outputs of one shape."""

    name: str
    stem: Unit
    fixed: tuple[Block, ...]  # before the first place
    places: tuple[tuple[Block, ...], ...]  # the candidates of each place
    labels: tuple[str, ...]  # the candidates' names, in the order of a place that has all of them
    last: Unit
    classifier_bias: bool
    affine_supernet: bool  # whether normalisations of the supernet have a scale and a shift; those of a network have
    initial: Initial

    @property
    def size(self) -> int:
        """The number of paths."""
        return int(np.prod([len(place) for place in self.places], dtype=object))

    @property
    def choices(self) -> int:
        """The number of candidates of all places together: as many weights an architecture has."""
        return sum(map(len, self.places))

    def network(self, path: Path) -> Chain:
        """Returns the network of a path; raises InputError for one that does not fit the places."""
        self.check(path)
        chosen = tuple(place[number] for place, number in zip(self.places, path, strict=True))
        return self._chain((*self.fixed, *chosen))

    def check(self, path: Path) -> None:
        """Raises InputError for a path that does not fit the places."""
        require(len(path) == len(self.places), "path", path, f"{len(self.places)} numbers, one a place")
        for number, place in zip(path, self.places, strict=True):
            require_integer("path", number, 0, len(place) - 1)

    def sample(self, rng: np.random.Generator) -> Path:
        """Draws a path, all with the same probability."""
        return tuple(rng.integers([len(place) for place in self.places]).tolist())

    def mutate(self, path: Path, probability: float, rng: np.random.Generator) -> Path:
        """Draws each number anew with a probability, then all with the same one, its own value included."""
        drawn = self.sample(rng)
        changed = rng.random(len(path)) < probability
        return tuple(new if change else old for old, new, change in zip(path, drawn, changed, strict=True))

    def multiply_adds(self, resolution: int, num_classes: int) -> tuple[int, tuple[tuple[int, ...], ...]]:
        """Returns what all paths cost, and what each candidate of each place adds, in multiply-adds of one image."""
        side = self.stem.side(resolution)
        for block in self.fixed:
            side = block.out_side(side)
        table = []
        for place in self.places:
            table.append(tuple(layers.multiply_adds(block.layers(side, affine=True)) for block in place))
            side = place[0].out_side(side)
        first = tuple(0 for _ in self.places)
        whole = multiply_adds(self.network(first), resolution=resolution, num_classes=num_classes)
        return whole - sum(costs[0] for costs in table), tuple(table)

    def supernet_parameters(self, num_classes: int) -> int:
        """Counts the trainable parameters of all candidates together, with all that they share."""
        everything = tuple(block for place in self.places for block in place)
        chain = dataclasses.replace(self._chain((*self.fixed, *everything)), affine=self.affine_supernet)
        return chain_parameters(chain, num_classes=num_classes)

    def skips(self, path: Path) -> int:
        """Returns the number of places that a path leaves out."""
        return sum(place[number] == IDENTITY for place, number in zip(self.places, path, strict=True))

    def _chain(self, blocks: tuple[Block, ...]) -> Chain:
        return Chain(self.stem, blocks, self.last, self.classifier_bias, initial=self.initial)
