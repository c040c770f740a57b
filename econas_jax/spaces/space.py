"""What a search space is: how genotypes are drawn, changed, named and drawn on paper. Nothing here imports JAX."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Literal, NamedTuple, Protocol, TypeVar

import numpy as np


class Genotype(Hashable, Protocol):
    """An architecture of some space: an immutable value whose `str` is one line that `Space.parse` reads."""

    def __str__(self) -> str:
        """The genotype's text."""


G = TypeVar("G", bound=Genotype)


class Vertex(NamedTuple):
    """A vertex of a diagram; kind says how it is drawn."""

    name: str
    kind: Literal["input", "node", "output"]


class DiagramEdge(NamedTuple):
    """An arrow between two vertices, given by their places; label: the operation on it, None for a plain line."""

    source: int
    target: int
    label: str | None


class Diagram(NamedTuple):
    """A cell as a picture shows it: vertices in an order in which every edge leads to a later one."""

    title: str
    vertices: tuple[Vertex, ...]
    edges: tuple[DiagramEdge, ...]


class Space(Protocol[G]):
    """A set of genotypes. Every random number comes from the generator that is passed in."""

    @property
    def name(self) -> str:
        """The space's key in `SPACES`."""

    def sample(self, rng: np.random.Generator) -> G:
        """Draws a genotype."""

    def mutate(self, genotype: G, rng: np.random.Generator) -> G:
        """Draws a genotype that is one step away, never the same one; raises InputError for one not in the space."""

    def neighbours(self, genotype: G) -> Iterator[G]:
        """Yields every genotype that one step leads to, each once, in a fixed order."""

    def parse(self, text: str) -> G:
        """Reads a genotype's text: the inverse of `str`. Raises InputError."""

    def check(self, genotype: G) -> None:
        """Raises InputError unless the genotype is in the space."""

    def check_trainable(self) -> None:
        """Raises InputError, naming the field of the space, where no network trains all of its genotypes."""

    def canonical(self, genotype: G) -> G:
        """Returns the representative of all genotypes that compute the same function as far as that is known."""

    def sees_image(self, genotype: G, cells_per_stage: int) -> bool:
        """Says whether the output of its network can depend on the image; one that cannot is never trained."""

    def size(self) -> int:
        """Counts the genotypes, those that compute the same function apart."""

    def diagrams(self, genotype: G) -> tuple[Diagram, ...]:
        """Describes the genotype's cells for drawing."""
