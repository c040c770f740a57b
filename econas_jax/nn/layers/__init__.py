"""Plain Flax layers of any space."""
