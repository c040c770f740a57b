#!/usr/bin/env bash
# orbax-checkpoint 0.12.8, jax 0.10.2, Python 3.11: a CheckpointManager takes every folder in its directory whose name is
# a number for one of its steps, whatever it holds, and deletes it as an old step once max_to_keep newer ones are saved.
# A folder that somebody put there (a copy of a checkpoint, notes) is gone without a word.
#
# Seen: a folder "0" with a text file in it is listed by all_steps() as [0]; after saving steps 1, 2 and 3 with
# max_to_keep=2 the directory holds 2 and 3, and the text file is deleted. With step_prefix="commit" only folders named
# commit_<number> count, and "0" stays.
#
# Exits non-zero if the folder survives without a prefix, or is deleted with one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet orbax-checkpoint==0.12.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$folder/keep.py" <<'PY'
import sys
from pathlib import Path

import numpy as np
import orbax.checkpoint as ocp

directory, prefix = Path(sys.argv[1]), sys.argv[2] or None
(directory / "0").mkdir(parents=True)
(directory / "0" / "notes.txt").write_text("a person's own file")
options = ocp.CheckpointManagerOptions(max_to_keep=2, enable_async_checkpointing=False, step_prefix=prefix)
with ocp.CheckpointManager(directory, options=options) as manager:
    for step in (1, 2, 3):
        manager.save(step, args=ocp.args.StandardSave({"x": np.zeros(2)}))
        manager.wait_until_finished()
print((directory / "0" / "notes.txt").exists())
PY
export JAX_PLATFORMS=cpu
without=$("$folder/venv/bin/python" "$folder/keep.py" "$folder/without" "" 2>/dev/null)
with=$("$folder/venv/bin/python" "$folder/keep.py" "$folder/with" commit 2>/dev/null)
echo "the folder survives without a prefix: $without, with one: $with"
[ "$without" = False ] && [ "$with" = True ]
