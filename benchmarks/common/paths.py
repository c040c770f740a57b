"""Paths in this repository."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
GENOTYPES = REPOSITORY / "benchmarks" / "genotypes.txt"
RESULTS = REPOSITORY / "benchmarks" / "results"
