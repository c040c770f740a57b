"""Neural architecture search with economical proxies, compiled once: EcoNAS (CVPR 2020) in JAX."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a command loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
