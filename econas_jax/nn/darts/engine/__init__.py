"""The network that takes a DARTS genotype as data, with hand-written gradients."""
