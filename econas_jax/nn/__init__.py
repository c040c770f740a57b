"""Networks: the plain one of a genotype, and the one that takes the genotype as data. Flax is imported here alone."""

from econas_jax.nn.cell_network import CellNetwork
from econas_jax.nn.precision import ComputeDtype, require_compute_dtype
from econas_jax.nn.search_network import SearchNetwork
from econas_jax.nn.specialize import specialize

__all__ = ["CellNetwork", "ComputeDtype", "SearchNetwork", "require_compute_dtype", "specialize"]
