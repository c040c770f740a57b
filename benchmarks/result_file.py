"""The JSON that a benchmark leaves: what it measured, and what it was made with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from econas_jax import provenance


def write_result(file: Path | None, result: dict[str, Any]) -> str:
    """Adds versions, git revision and machine, writes the file (None: none), and returns its text."""
    text = json.dumps(result | provenance.made_with(), indent=1)
    if file is not None:
        file.write_text(text + "\n", encoding="utf-8")
    return text
