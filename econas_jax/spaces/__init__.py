"""Search spaces: what genotypes there are, how to draw and mutate them, and what their networks cost. No JAX."""

from typing import Any

from econas_jax.spaces.darts.space import DartsSpace
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.spaces.space import Space

SPACES: dict[str, type[Space[Any]]] = {"darts": DartsSpace, "nasbench201": NasBench201Space}
