"""Images that do not fit in memory: read, decoded and cropped while a network trains, in processes of their own."""

import lazy_loader

# The names stand in `__init__.pyi`, and each is imported when it is first used: a reading process loads what it needs.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
