"""Scripts that measure the package against EcoNAS's released PyTorch code."""
