"""Searching inside one over-parameterised network: DARTS, SNAS, GDAS and others, with any proxy; the command."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a command loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
