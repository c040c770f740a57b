#!/usr/bin/env bash
# jax2onnx 0.17.1, flax 0.12.8, jax 0.10.2, onnxruntime 1.32.0, Python 3.11: the padding of flax.linen.max_pool and
# avg_pool is dropped without a word where it is given as numbers, ((1, 1), (1, 1)), and not as "SAME" or "VALID". The
# file passes ONNX's checker and runs, and computes another network.
#
# Seen: of an 8 x 8 map, a 3 x 3 max_pool with padding 1 gives 8 x 8 in JAX and 6 x 6 in onnxruntime; the mean over it,
# as before a classifier, is 39.375 in JAX and 40.5 in onnxruntime. What helps: pad first, with zeros, or for a maximum
# with -3.4e38, then pool with padding "VALID"; and compare the outputs, always.
#
# Exits non-zero if both agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax2onnx==0.17.1 flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 onnxruntime==1.32.0
cat > "$folder/pool.py" <<'PY'
import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
from jax2onnx import to_onnx

x = np.arange(64, dtype=np.float32).reshape(1, 8, 8, 1)


def in_onnx(function):
    model = to_onnx(function, inputs=[x.shape], input_names=["x"], output_names=["y"])
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(["y"], {"x": x})[0]


def pool(x):
    return nn.max_pool(x, window_shape=(3, 3), strides=(1, 1), padding=((1, 1), (1, 1)))


def mean(x):
    return jnp.mean(pool(x), axis=(1, 2))


def padded_first(x):
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-3.4e38)
    return jnp.mean(nn.max_pool(padded, window_shape=(3, 3), strides=(1, 1), padding="VALID"), axis=(1, 2))


print("shapes:", pool(x).shape, in_onnx(pool).shape)
print("means:", mean(x).item(), in_onnx(mean).item(), "padded first:", in_onnx(padded_first).item())
assert pool(x).shape == (1, 8, 8, 1) and in_onnx(pool).shape == (1, 6, 6, 1)
assert mean(x).item() == in_onnx(padded_first).item() == 39.375 and in_onnx(mean).item() == 40.5
PY
JAX_PLATFORMS=cpu "$folder/venv/bin/python" "$folder/pool.py"
