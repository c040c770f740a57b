"""ONNX by jax2onnx, which runs in an environment of its own: it needs an older Orbax than this package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, SearchError

ONNX_FILE = "network.onnx"
CONVERTER = Path(__file__).with_name("convert_to_onnx.py")
MODULES = ("jax2onnx", "onnx", "onnxruntime", "jax", "flax", "safetensors")
INSTALL = (
    "a Python that has jax2onnx, which cannot share an environment with this package: python -m venv onnx-env && "
    "onnx-env/bin/pip install jax2onnx==0.17.1 flax onnxruntime safetensors, then --onnx onnx-env/bin/python"
)
PRESENT = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))"


def converter_python(python: str) -> str:
    """Returns the path of the Python that is to convert; raises InputError, telling how to make one, if it cannot."""
    program = shutil.which(os.path.expanduser(python))
    if program is None:
        raise InputError("onnx", python, INSTALL)
    try:
        found = subprocess.run([program, "-I", "-c", PRESENT, *MODULES], capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        raise InputError("onnx", python, INSTALL) from None
    if found.returncode != 0:
        raise InputError("onnx", python, INSTALL)
    return program


def convert_to_onnx(folder: Path, python: str) -> dict[str, Any]:
    """Writes `network.onnx` beside the code and weights in a folder; returns what a model card tells of it.

    python: from `converter_python`. Raises SearchError, with the last line of what the converter said, if it fails or
    its file computes something else.
    """
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [python, "-I", "-B", str(CONVERTER), str(folder)], capture_output=True, text=True, env=environment
    )
    if done.returncode != 0:
        said = (done.stdout.strip() or done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
        raise SearchError(f"{python} could not convert the network to ONNX, or not exactly: {said}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts
