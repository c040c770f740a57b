"""Real images as checked uint8 arrays, and the augmentation that runs on the device."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a command loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
