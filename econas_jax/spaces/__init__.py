"""Search spaces: what genotypes there are, how to draw and mutate them, and what their networks cost. No JAX."""
