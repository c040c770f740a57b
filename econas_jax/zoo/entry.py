"""An entry of the zoo: an architecture of the literature, where it is from, and what was published of it."""

from __future__ import annotations

import dataclasses
from typing import Literal

from econas_jax.errors import InputError
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.densenet import DenseNetBC

Dataset = Literal["CIFAR-10", "CIFAR-100", "ImageNet"]


@dataclasses.dataclass(frozen=True)
class Published:
    """A row of a published table; None: not stated there."""

    source: str  # paper and table, or repository and file
    dataset: Dataset
    error: float | None = None  # of the test set, top-1, in %
    deviation: float | None = None  # of the error, over several trainings
    parameters: float | None = None  # millions
    multiply_adds: float | None = None  # millions, of one image
    gpu_days: float | None = None  # of the search
    same_network: bool = True  # its network is the one that is counted here


@dataclasses.dataclass(frozen=True)
class Entry:
    """An architecture: a genotype, which stands for networks of any size, or a DenseNet-BC."""

    name: str
    year: int
    paper: str
    source: str  # the repository and file where the architecture stands
    architecture: Genotype | DenseNetBC
    published: tuple[Published, ...] = ()
    note: str = ""

    @property
    def genotype(self) -> Genotype:
        """The genotype of an entry that has cells; raises InputError for a DenseNet-BC."""
        if not isinstance(self.architecture, Genotype):
            raise InputError("name", self.name, "an entry with cells, which a DenseNet-BC has not")
        return self.architecture
