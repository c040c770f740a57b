"""Scripts that measure how images are read."""
