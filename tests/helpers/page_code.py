"""The code of a documentation page as the module that a reader would make of it."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page_text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@contextlib.contextmanager
def page_module(name: str, folder: Path) -> Iterator[ModuleType]:
    """Yields the one Python block of a page, written to the folder and imported."""
    (code,) = re.findall(r"```python\n(.*?)```", page_text(name), re.DOTALL)
    file = folder / f"{Path(name).stem}_example.py"
    file.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # where dataclasses look for their annotations
    spec.loader.exec_module(module)
    yield module
    del sys.modules[file.stem]
