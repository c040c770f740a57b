"""Algorithms and spaces know no framework, so that commands which only read files start at once."""

from __future__ import annotations

import subprocess
import sys


def test_neither_loads_jax() -> None:
    code = (
        "import sys, econas_jax.algorithms, econas_jax.spaces;"
        " print(sorted({'jax', 'flax', 'orbax'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
