"""Training in worker processes, one on each CPU core."""
