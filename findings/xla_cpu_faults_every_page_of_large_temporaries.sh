#!/usr/bin/env bash
# jax 0.10.2, jaxlib 0.10.2 (CPU), Python 3.11, Linux with glibc 2.31 or later: a compiled function keeps none of the
# memory of its intermediate results from call to call, and where they need more than 32 MiB together, it gets new pages
# from the kernel at every call. 32 MiB is the most that glibc's growing threshold lets stay in the process. So a step
# whose arrays grow a little takes half as long again, and two steps measured apart take less than both as one program.
# It is the same processor time in the same function: only the page faults tell.
#
# Seen: sin and cos over 15 MiB (30 MiB of temporaries): 0 page faults a call, 2.35 ms a MiB of input. Over 17 MiB (34
# MiB of temporaries): 8,705 faults a call, one for each 4 KiB, and 3.56 ms a MiB. What helps: glibc's tunables as below,
# with which the process keeps what it has freed (0 faults); all three are needed, for with arenas besides the main one
# 64 MiB of temporaries fault again.
#
# Exits non-zero if the smaller one faults, if the larger one does not, or if the tunables no longer help.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$folder/faults.py" <<'PY'
import resource
import sys

import jax
import jax.numpy as jnp

CALLS = 10


@jax.jit
def two_temporaries(x):
    first = jax.lax.optimization_barrier(jnp.sin(x))
    second = jax.lax.optimization_barrier(jnp.cos(first))
    return jnp.sum(first * second)


x = jnp.ones(int(sys.argv[1]) * 2**20 // 4)
for _ in range(3):
    two_temporaries(x).block_until_ready()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(CALLS):
    two_temporaries(x).block_until_ready()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // CALLS)
PY
export JAX_PLATFORMS=cpu
keep=glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=34359738368:glibc.malloc.arena_max=1
small=$("$folder/venv/bin/python" "$folder/faults.py" 15)
large=$("$folder/venv/bin/python" "$folder/faults.py" 64)
kept=$(GLIBC_TUNABLES=$keep "$folder/venv/bin/python" "$folder/faults.py" 64)
echo "page faults a call: 30 MiB of temporaries $small, 128 MiB $large, 128 MiB with the tunables $kept"
[ "$small" -lt 100 ] && [ "$large" -gt 10000 ] && [ "$kept" -lt 100 ]
