"""Architectures of the literature, with their sources, what was published of them, and their counts. No JAX here."""

from econas_jax.zoo.counts import CIFAR, IMAGENET, Counts, Setting, counts
from econas_jax.zoo.entries import ENTRIES, find
from econas_jax.zoo.entry import Entry, Published

__all__ = ["CIFAR", "ENTRIES", "IMAGENET", "Counts", "Entry", "Published", "Setting", "counts", "find"]
