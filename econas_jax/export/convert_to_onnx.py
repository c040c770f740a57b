"""Converts an exported network's code and weights to ONNX, in a Python of its own, without this package.

    PYTHON -I -B convert_to_onnx.py FOLDER

FOLDER holds `network.py` and `weights.safetensors`; `network.onnx` is written beside them. The last line printed says
in JSON what was made, or how far onnxruntime was from JAX if that is too far, with exit status 1.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

TOLERANCE = 1e-4  # of the largest logit
BATCHES = (1, 3)


def main(folder: str) -> int:
    """Writes `network.onnx` and checks it; returns the exit status."""
    import jax
    import numpy as np
    import onnx
    import onnxruntime
    from jax2onnx import to_onnx

    sys.path.insert(0, folder)
    import network

    variables, side = network.load(folder), network.RESOLUTION
    model = to_onnx(
        lambda pixels: network.predict(variables, pixels),
        inputs=[("batch", side, side, 3)],
        model_name="network",
        input_names=["pixels"],
        output_names=["logits"],
    )
    # Hints on the shapes of values within the graph, some of them wrong: without them, readers work them out.
    del model.graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    predict, generator, differences = jax.jit(network.predict), np.random.default_rng(0), []
    for batch in BATCHES:
        pixels = generator.integers(0, 256, (batch, side, side, 3)).astype(np.float32)
        expected = np.asarray(predict(variables, pixels))
        (found,) = session.run(["logits"], {"pixels": pixels})
        differences.append(float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max())))
    facts = {
        "opset": model.opset_import[0].version,
        **{name: importlib.metadata.version(name) for name in ("jax2onnx", "onnxruntime", "jax", "flax")},
        "difference": max(differences),  # from JAX, in units of the largest logit
    }
    print(json.dumps(facts))
    if not max(differences) <= TOLERANCE:
        return 1
    Path(folder, "network.onnx").write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
