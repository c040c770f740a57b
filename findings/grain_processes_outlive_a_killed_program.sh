#!/usr/bin/env bash
# grain 0.2.18, Python 3.11, Linux: the processes of mp_prefetch outlive the program that started them if that is killed
# by SIGKILL (out of memory, a scheduler), and so does the shared memory that their batches lie in. They are daemonic
# processes, and PyTorch's DataLoader, for one, has its workers look whether their parent is still there; grain's wait
# for room in their queue for ever.
#
# Seen: ten seconds after the program was killed, both of its two processes are alive, and the blocks of shared memory
# that they filled with batches are still in /dev/shm. (The script then ends the processes, and frees the memory.)
#
# Exits non-zero if the processes are gone by then.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet grain==0.2.18 numpy==2.4.6
cat > "$folder/source.py" <<'PY'
import os

import numpy as np


class Batches:
    def __len__(self):
        return 1_000_000

    def __getitem__(self, number):
        return np.full((1000, 1000), os.getpid(), np.int32)
PY
cat > "$folder/program.py" <<'PY'
import os
import signal

import grain
from absl import flags

from source import Batches

if __name__ == "__main__":
    flags.FLAGS.mark_as_parsed()
    data = grain.MapDataset.source(Batches()).to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=1))
    batches = iter(data.mp_prefetch(grain.MultiprocessingOptions(num_workers=2)))
    print(*sorted({int(next(batches)[0, 0]) for _ in range(4)}), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
PY
cd "$folder"
ls /dev/shm > before
"$folder/venv/bin/python" program.py > pids 2> errors || true # not $(...), which would wait for the processes, too
workers=$(cat pids)
sleep 10
alive=0
for worker in $workers; do kill -0 "$worker" 2>/dev/null && alive=$((alive + 1)); done
left=$(ls /dev/shm | grep '^psm_' | grep -cvxFf before || true)
for worker in $workers; do kill -KILL "$worker" 2>/dev/null || true; done
echo "processes: $workers; alive after 10 seconds: $alive; blocks of shared memory left: $left"
sleep 2 # their resource tracker frees the memory when the last of them is gone
[ "$(wc -w <<< "$workers")" = 2 ] && [ "$alive" = 2 ]
