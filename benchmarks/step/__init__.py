"""Scripts that measure one training step, or what comes before the first one."""
