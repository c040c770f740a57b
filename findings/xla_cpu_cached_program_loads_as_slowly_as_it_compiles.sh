#!/usr/bin/env bash
# jax 0.10.2, jaxlib 0.10.2 (CPU), Python 3.11, x86-64: a compiled program that is taken from where it was kept (JAX's
# compilation cache, serialize_executable) is not ready when its code has been read. XLA orders the operations of every
# program anew: it makes a graph of which waits for which and thins it out, which for a long row of operations grows
# with the third power of their number. A network unrolled in Python has such a row, and its cached program takes as
# long to load as it took to compile. In programs with loops another search adds to it: each product and each reduction
# that a library computes is looked for among all instructions of the module (a third to two thirds of the 37 seconds
# in which a program of ours with 5 MB of compressed code loads).
#
# Seen: 500, 1,000 and 2,000 products of 64 x 64, each followed by a tanh: 0.37, 1.45 and 10.7 s of processor time to
# compile, and 0.19, 1.14 and 10.1 to load. What helps: jax.lax.scan over what repeats, so that a row is short.
#
# Exits non-zero if loading 2,000 takes less than half of compiling them, or less than four times as long as 1,000.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$folder/load.py" <<'PY'
import time

import jax
import jax.numpy as jnp
from jax.experimental.serialize_executable import deserialize_and_load, serialize


def seconds(products):
    def network(x, weights):
        for _ in range(products):
            x = jnp.tanh(x @ weights)
        return x

    lowered = jax.jit(network).lower(*[jnp.ones((64, 64))] * 2)
    start = time.process_time()
    compiled = lowered.compile()
    compiling = time.process_time() - start
    kept = serialize(compiled)
    start = time.process_time()
    deserialize_and_load(*kept)
    return compiling, time.process_time() - start


seconds(10)
(_, half), (compiling, loading) = seconds(1000), seconds(2000)
print(f"2,000 products: {compiling:.2f} s to compile, {loading:.2f} s to load; 1,000: {half:.2f} s to load")
raise SystemExit(loading < compiling / 2 or loading < 4 * half)
PY
JAX_PLATFORMS=cpu "$folder/venv/bin/python" "$folder/load.py"
