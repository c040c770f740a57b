"""The NAS-Bench-201 space: one cell of four nodes, every two joined by an edge that holds one operation."""

from econas_jax.spaces.nasbench201.cost import multiply_adds, parameters
from econas_jax.spaces.nasbench201.genotype import Genotype
from econas_jax.spaces.nasbench201.space import NasBench201Space

__all__ = ["Genotype", "NasBench201Space", "multiply_adds", "parameters"]
