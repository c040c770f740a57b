"""The description of a NAS-Bench-201 network, from which it is built and counted, and which a file can hold as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from econas_jax.errors import InputError
from econas_jax.nn.compute_dtype import ComputeDtype
from econas_jax.nn.nasbench201.plain_network import PlainNetwork
from econas_jax.nn.network import Cost, NetworkSettings
from econas_jax.spaces.nasbench201.cost import multiply_adds, parameters
from econas_jax.spaces.nasbench201.genotype import Genotype
from econas_jax.spaces.proxy import MINIMUM_RESOLUTION


@dataclasses.dataclass(frozen=True)
class NasBench201Description:
    """Describes a `PlainNetwork`; raises InputError when built for values that make no network."""

    kind: ClassVar[str] = "nasbench201"
    drops_paths: ClassVar[bool] = False

    genotype: Genotype
    channels: int
    cells_per_stage: int
    num_classes: int
    compute_dtype: ComputeDtype = "float32"

    @property
    def title(self) -> str:
        """The genotype's text."""
        return str(self.genotype)

    def build(self, *, auxiliary: bool = False) -> PlainNetwork:
        """Returns the network; raises InputError if an auxiliary head is asked for."""
        if auxiliary:
            raise InputError("auxiliary", auxiliary, "False: a NAS-Bench-201 network has no auxiliary head")
        # The network does not depend on the resolution, which its settings have for a search's sake.
        sizes = (self.channels, MINIMUM_RESOLUTION, self.cells_per_stage, self.num_classes, self.compute_dtype)
        return PlainNetwork(self.genotype, NetworkSettings(*sizes))

    def cost(self, resolution: int) -> Cost:
        """Counts trainable parameters and one image's multiply-adds."""
        sizes = {
            "channels": self.channels,
            "cells_per_stage": self.cells_per_stage,
            "num_classes": self.num_classes,
        }
        return Cost(parameters(self.genotype, **sizes), multiply_adds(self.genotype, resolution=resolution, **sizes))

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and the kind; the genotype as text."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"kind": self.kind, **fields, "genotype": str(self.genotype)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> NasBench201Description:
        """Inverts `to_json`; raises InputError for a genotype that is none."""
        return cls(**{**fields, "genotype": Genotype.parse(fields["genotype"])})
