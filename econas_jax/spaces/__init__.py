"""Search spaces: what genotypes there are, how to draw and mutate them, and what their networks cost."""

from econas_jax.spaces.cost import multiply_adds, parameters
from econas_jax.spaces.darts import DartsSpace, loose_nodes

__all__ = ["DartsSpace", "loose_nodes", "multiply_adds", "parameters"]
