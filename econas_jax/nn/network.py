"""What training needs of networks: a network, and a family of networks, one for each genotype of a space."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import jax

from econas_jax.errors import require_integer
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.spaces.proxy import MINIMUM_RESOLUTION, MOST_CELLS_PER_STAGE, MOST_CHANNELS
from econas_jax.spaces.space import Genotype

Tree = Any  # a pytree of arrays
Variables = dict[str, Any]  # collections such as "params" and "batch_stats"

G_contra = TypeVar("G_contra", bound=Genotype, contravariant=True)


class Network(Protocol):
    """What training needs of a network; Flax modules are networks."""

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        """Returns variables made from a key, images and an architecture."""

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        """Returns logits of images and an architecture; with them the updated collections if some are mutable."""


@runtime_checkable
class ScratchNetwork(Network, Protocol):
    """A network that uses memory which the step before hands on, instead of new memory."""

    def scratch(self, batch: int, size: int) -> Any:
        """Returns the collection "scratch" for a batch of images of a size; `apply` updates it where it is mutable."""


class Cost(NamedTuple):
    """What a network costs: its trainable parameters, and the multiply-adds of one image's forward pass."""

    parameters: int
    multiply_adds: int


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """What all networks of a search have in common, whatever their genotype. Raises InputError for wrong values."""

    channels: int  # C of the first cells
    resolution: int  # pixels a side of the square images
    cells_per_stage: int  # N
    num_classes: int
    compute_dtype: ComputeDtype = "float32"
    branch_free: bool = False  # made for `vmap` over candidates, where a switch would compute every branch

    def __post_init__(self) -> None:
        require_integer("channels", self.channels, 1, MOST_CHANNELS)
        require_integer("resolution", self.resolution, MINIMUM_RESOLUTION)
        require_integer("cells_per_stage", self.cells_per_stage, 1, MOST_CELLS_PER_STAGE)
        require_integer("num_classes", self.num_classes, 2)
        require_compute_dtype("compute_dtype", self.compute_dtype)


class NetworkFamily(Protocol[G_contra]):
    """All networks of a space in one setting.

    One network serves every genotype and takes it as data, so one compiled program trains them all.
    """

    @property
    def network(self) -> Network:
        """The network of every genotype; its second argument, after the images, is what `encode` returns."""

    def encode(self, genotype: G_contra) -> Tree:
        """Returns the genotype as arrays, of the same shapes and types for every genotype."""

    def plain(self, genotype: G_contra) -> Network:
        """Returns the network of this genotype alone, without an architecture argument: what one retrains and ships."""

    def specialize(self, variables: Variables, genotype: G_contra) -> Variables:
        """Turns variables of `network` into those of `plain(genotype)`; both then compute the same function."""

    def cost(self, genotype: G_contra) -> Cost:
        """Counts what `plain(genotype)` costs without building it."""
