"""Training: one compiled epoch and evaluation, waves of candidates over devices, and one large network over devices."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a command loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
