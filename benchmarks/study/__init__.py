"""Benchmarks of a study's analysis."""
