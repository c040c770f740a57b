"""Classes of image files by an exported network, whose code need not be at hand."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a command loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
