#!/usr/bin/env bash
# jax 0.10.2, jaxlib 0.10.2 (CPU), Python 3.11, x86-64: the sum of the same float32 array, by the same compiled function
# with the same flags, has other last bits when XLA's thread pool has another number of threads. NPROC sets that number;
# a process that is bound to one core has one. --xla_cpu_multi_thread_eigen=false, which reads as if it made a program
# run on one thread, changes nothing about it.
#
# Seen: one process with NPROC=1 and one with NPROC=2, and the flag in both, print 3e626343 and 42626343 as the bytes of
# jnp.sum over 220,004 numbers. So a process with virtual CPU devices and one bound to a core train differently, bit by
# bit, and results depend on the number of devices. What helps: the same number of threads in every process that trains.
#
# Exits non-zero if the two sums become equal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$folder/total.py" <<'PY'
import jax
import jax.numpy as jnp
import numpy as np

values = jnp.asarray(np.random.default_rng(0).standard_normal(220_004, dtype=np.float32))
print(np.float32(jax.jit(jnp.sum)(values)).tobytes().hex())
PY
export JAX_PLATFORMS=cpu XLA_FLAGS=--xla_cpu_multi_thread_eigen=false
one=$(NPROC=1 "$folder/venv/bin/python" "$folder/total.py")
two=$(NPROC=2 "$folder/venv/bin/python" "$folder/total.py")
echo "NPROC=1: $one, NPROC=2: $two"
[ "$one" != "$two" ]
