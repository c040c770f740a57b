"""The description of a network of a chain, from which it is built and counted, and which a file can hold as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from econas_jax.errors import require, require_integer
from econas_jax.nn.chain.network import ChainNetwork
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.network import Cost
from econas_jax.spaces.chain.network import Chain, multiply_adds, parameters
from econas_jax.spaces.chain.text import chain_text, parse_chain


@dataclasses.dataclass(frozen=True)
class ChainDescription:
    """Describes a `ChainNetwork`; raises InputError for values that make no network."""

    kind: ClassVar[str] = "chain"
    drops_paths: ClassVar[bool] = False

    genotype: Chain
    num_classes: int
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_integer("num_classes", self.num_classes, 2)
        require_compute_dtype("compute_dtype", self.compute_dtype)

    @property
    def title(self) -> str:
        """The chain's text."""
        return chain_text(self.genotype)

    def build(self, *, auxiliary: bool = False) -> ChainNetwork:
        """Returns the network; raises InputError if it should have an auxiliary head."""
        require(not auxiliary, "auxiliary", auxiliary, "False for a chain, which has no auxiliary head")
        return ChainNetwork(self.genotype, self.num_classes, self.compute_dtype)

    def cost(self, resolution: int) -> Cost:
        """Counts trainable parameters and one image's multiply-adds."""
        counted = multiply_adds(self.genotype, resolution=resolution, num_classes=self.num_classes)
        return Cost(parameters(self.genotype, num_classes=self.num_classes), counted)

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and the kind; the chain as text."""
        dtype = self.compute_dtype
        return {"kind": self.kind, "genotype": self.title, "num_classes": self.num_classes, "compute_dtype": dtype}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> ChainDescription:
        """Inverts `to_json`; raises InputError for a genotype that is none."""
        return cls(**{**fields, "genotype": parse_chain(fields["genotype"])})
