"""What makes a table of a document: results read, rows written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.common.paths import RESULTS


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table of GitHub's markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def read(name: str) -> Any:
    """Reads a result; name: MACHINE/CLAIM.json."""
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))
