"""Measurements of the package: each script claims one thing and writes a JSON file (see README.md)."""
