"""The description of a DenseNet-BC, from which it is built and counted, and which a file can hold as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from econas_jax.errors import require, require_integer
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.densenet.network import DenseNet
from econas_jax.nn.network import Cost
from econas_jax.spaces.densenet import DenseNetBC, multiply_adds, parameters


@dataclasses.dataclass(frozen=True)
class DenseNetDescription:
    """Describes a `DenseNet`; raises InputError for values that make no network."""

    kind: ClassVar[str] = "densenet_bc"
    drops_paths: ClassVar[bool] = False

    depth: int
    growth: int
    num_classes: int
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        DenseNetBC(self.depth, self.growth)
        require_integer("num_classes", self.num_classes, 2)
        require_compute_dtype("compute_dtype", self.compute_dtype)

    @property
    def architecture(self) -> DenseNetBC:
        """The architecture, without the number of classes."""
        return DenseNetBC(self.depth, self.growth)

    @property
    def title(self) -> str:
        """The name in the paper's notation."""
        return str(self.architecture)

    def build(self, *, auxiliary: bool = False) -> DenseNet:
        """Returns the network; raises InputError if it should have an auxiliary head."""
        require(not auxiliary, "auxiliary", auxiliary, "False for a DenseNet, which has no auxiliary head")
        return DenseNet(self.architecture, self.num_classes, self.compute_dtype)

    def cost(self, resolution: int) -> Cost:
        """Counts trainable parameters and one image's multiply-adds."""
        counted = multiply_adds(self.architecture, resolution=resolution, num_classes=self.num_classes)
        return Cost(parameters(self.architecture, num_classes=self.num_classes), counted)

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and the kind."""
        return {"kind": self.kind, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> DenseNetDescription:
        """Inverts `to_json`."""
        return cls(**fields)
