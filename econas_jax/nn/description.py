"""Descriptions of single networks, from which each is built and counted, and which a file can hold as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from econas_jax.errors import require
from econas_jax.nn.chain.description import ChainDescription
from econas_jax.nn.compute_dtype import ComputeDtype
from econas_jax.nn.darts.cell_network import CellNetwork
from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.nn.nasbench201.description import NasBench201Description
from econas_jax.nn.network import Cost, Network
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import Stem


class Description(Protocol):
    """All that says which network a single one is; its weights are kept beside it."""

    kind: ClassVar[str]  # its name in KINDS
    drops_paths: ClassVar[bool]  # whether `apply` takes `drop_path_probability`, with a key named `drop_path`

    @property
    def num_classes(self) -> int:
        """How many classes it tells apart."""

    @property
    def title(self) -> str:
        """A short name of the network for people, such as its genotype's text."""

    def build(self, *, auxiliary: bool = False) -> Network:
        """Returns the network, which maps normalised images [batch, height, width, 3] to logits.

        auxiliary: with an auxiliary head for training; raises InputError where the network has none.
        """

    def cost(self, resolution: int) -> Cost:
        """Counts trainable parameters, without an auxiliary head, and one image's multiply-adds."""

    def to_json(self) -> dict[str, Any]:
        """Returns the description in JSON's types; `description_from_json` inverts it."""


@dataclasses.dataclass(frozen=True)
class CellNetworkDescription:
    """Describes a `CellNetwork`; raises InputError when built for values that make no network."""

    kind: ClassVar[str] = "darts"
    drops_paths: ClassVar[bool] = True

    genotype: Genotype
    channels: int
    cells_per_stage: int
    num_classes: int
    stem: Stem = "cifar"
    compute_dtype: ComputeDtype = "float32"

    @property
    def title(self) -> str:
        """The genotype's text."""
        return str(self.genotype)

    def build(self, *, auxiliary: bool = False) -> CellNetwork:
        """Returns the network."""
        return CellNetwork(
            self.genotype,
            self.channels,
            self.cells_per_stage,
            self.num_classes,
            self.stem,
            auxiliary,
            self.compute_dtype,
        )

    def cost(self, resolution: int) -> Cost:
        """Counts trainable parameters, without an auxiliary head, and one image's multiply-adds."""
        sizes: dict[str, Any] = {
            "channels": self.channels,
            "cells_per_stage": self.cells_per_stage,
            "num_classes": self.num_classes,
            "stem": self.stem,
        }
        return Cost(parameters(self.genotype, **sizes), multiply_adds(self.genotype, resolution=resolution, **sizes))

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and the kind; the genotype as text."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"kind": self.kind, **fields, "genotype": str(self.genotype)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> CellNetworkDescription:
        """Inverts `to_json`; raises InputError for a genotype that is none."""
        return cls(**{**fields, "genotype": Genotype.parse(fields["genotype"])})


KINDS: dict[str, Any] = {
    made.kind: made for made in (CellNetworkDescription, NasBench201Description, DenseNetDescription, ChainDescription)
}


def description_from_json(fields: Mapping[str, Any]) -> Description:
    """Returns the description that `to_json` made; raises InputError for a kind or fields that are not known."""
    kind = str(fields.get("kind"))
    require(kind in KINDS, "kind", kind, f"one of {', '.join(KINDS)}")
    made = KINDS[kind]
    rest = {name: value for name, value in fields.items() if name != "kind"}
    known = {field.name for field in dataclasses.fields(made)}
    require(rest.keys() == known, "fields of the network", sorted(rest), ", ".join(sorted(known)))
    description: Description = made.from_json(rest)
    return description
