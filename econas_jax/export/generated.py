"""Generated code as a module of this process, without a file and without compiled code beside it."""

from __future__ import annotations

import importlib.abc
import importlib.util
from types import ModuleType


class _Text(importlib.abc.InspectLoader):
    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        return self._source


def module_of(source: str) -> ModuleType:
    """Returns the module that the source makes; it is not in `sys.modules`."""
    loader = _Text(source)
    spec = importlib.util.spec_from_loader("network", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
