"""EcoNAS (paper, Algorithm 1): evolution under a hierarchical proxy."""
