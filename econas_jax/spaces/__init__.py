"""Search spaces: what genotypes there are, how to draw and mutate them, and what their networks cost. No JAX."""

from econas_jax.spaces.nasbench201 import NasBench201Space

SPACES = {
    "nasbench201": NasBench201Space,
}
