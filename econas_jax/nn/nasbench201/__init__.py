"""Networks of the NAS-Bench-201 space: the plain one of a genotype, and the one that takes the genotype as data."""
