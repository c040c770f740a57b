"""Where the configs are that come with the package, and which of them belong to searches inside supernets."""

from __future__ import annotations

from pathlib import Path

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
# Begin the names of those for searches inside supernets.
SUPERNET_METHODS = ("darts", "snas", "gdas", "enas", "one", "smash", "proxyless", "spos")
