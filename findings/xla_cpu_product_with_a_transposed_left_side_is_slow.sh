#!/usr/bin/env bash
# jaxlib 0.10.2, CPU: XLA hands a float32 product to YNNPACK only where the left side's last axis is the one summed over.
# `w.T @ x` is not such a product, for the transpose of the small w is merged into it, and it runs in another library.
# Writing the transpose out first, by an optimization barrier, makes the same product one of YNNPACK's. In a training step
# 36 x 36 by 36 x 98304 took 16 ms before and 8 after, on one core of an AMD EPYC (Zen 3); alone, beside other work, 13.5
# and 11. So a transpose of 5 KB, free on paper, slows every 1x1 convolution whose weights are kept as [inputs, outputs].
#
# Seen, whether the compiled program has a YNNPACK fusion: `w.T @ x` False, `barrier(w.T) @ x` True, `w @ x` True.
#
# Exits non-zero if that changes. Times are printed and not judged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$folder/products.py" <<'PY'
import time

import jax
import numpy as np

PRODUCTS = {
    "w.T @ x": (lambda w, x: w.T @ x, False),
    "barrier(w.T) @ x": (lambda w, x: jax.lax.optimization_barrier(w.T) @ x, True),
    "w @ x": (lambda w, x: w @ x, True),
}
rng = np.random.default_rng(0)
w, x = (jax.device_put(rng.standard_normal(shape, np.float32)) for shape in ((36, 36), (36, 98304)))
as_seen = True
for name, (function, seen) in PRODUCTS.items():
    program = jax.jit(function).lower(w, x).compile()
    fused = "__ynn_fusion" in program.as_text()
    seconds = []
    for _ in range(20):
        start = time.process_time()
        jax.block_until_ready(program(w, x))
        seconds.append(time.process_time() - start)
    print(f"{name}: YNNPACK {fused}, {1000 * sorted(seconds)[10]:.1f} ms of processor time")
    as_seen &= fused == seen
raise SystemExit(not as_seen)
PY
XLA_FLAGS=--xla_cpu_multi_thread_eigen=false JAX_PLATFORMS=cpu "$folder/venv/bin/python" "$folder/products.py"
