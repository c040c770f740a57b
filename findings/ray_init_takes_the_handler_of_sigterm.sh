#!/usr/bin/env bash
# ray 2.60.0, Python 3.11, Linux: ray.init() replaces the program's handler of SIGTERM by one that ends the process at
# once, and ray.shutdown() does not give it back; SIGINT's stays. So a program that answers a scheduler's SIGTERM by
# saving its work no longer does after it has joined a cluster, even for a moment. And what runs in the cluster has a
# niceness of 15, whatever the program has (RAY_worker_niceness where the node is started): beside any other process on
# the same cores it gets a thirtieth of their time.
#
# Seen: SIGINT kept True, SIGTERM kept False, after the shutdown False, niceness of a task 15 and of the program 0; then
# SIGTERM ends the program without its handler's line. What helps: keep the handler and set it again after ray.init().
#
# Exits non-zero if SIGTERM's handler is kept or given back, or tasks have the program's niceness.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ray==2.60.0
cat > "$folder/program.py" <<'PY'
import os
import signal
import time

import ray


def save(number, frame):
    print("the handler has run", flush=True)


signal.signal(signal.SIGINT, save)
signal.signal(signal.SIGTERM, save)
ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
kept = [signal.getsignal(number) is save for number in (signal.SIGINT, signal.SIGTERM)]
niceness = ray.get(ray.remote(lambda: os.nice(0)).remote())
ray.shutdown()
after = signal.getsignal(signal.SIGTERM) is save
print("SIGINT kept", kept[0], "SIGTERM kept", kept[1], "after the shutdown", after, end=" ")
print("niceness of a task", niceness, "and of the program", os.nice(0), flush=True)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(1)
print("still here", flush=True)
PY
export HOME=$folder RAY_TMPDIR=$folder RAY_USAGE_STATS_ENABLED=0
unset RAY_ADDRESS RAY_worker_niceness
"$folder/venv/bin/python" "$folder/program.py" > "$folder/said" || true
cat "$folder/said"
grep -q "SIGINT kept True SIGTERM kept False after the shutdown False niceness of a task 15" "$folder/said"
[ "$(wc -l < "$folder/said")" = 1 ]
