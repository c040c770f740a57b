"""The network of one genotype in the layout [channels, positions, batch], as a CPU computes it fast."""
