"""Networks of the DARTS space."""
