"""The JSON file that a benchmark writes: what it measured, and what it was made with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from econas_jax.experiment import provenance

VARIABLES = ("GLIBC_TUNABLES", "XLA_FLAGS")  # environment variables that change a program's speed


def write_result(file: Path | None, result: dict[str, Any]) -> str:
    """Adds environment, versions, git revision and machine, writes the file (None: no file), and returns its text."""
    environment = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    text = json.dumps(result | {"environment": environment} | provenance.made_with(), indent=1)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    return text
