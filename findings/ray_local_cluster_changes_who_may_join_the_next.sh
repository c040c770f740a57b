#!/usr/bin/env bash
# ray 2.60.0, Python 3.11, Linux: a program that calls ray.init() for itself alone writes ~/.ray/auth_token, with the
# usual umask readable by all users. From then on the same `ray start --head` of the same user asks for a token: a second machine
# that could join the day before is refused. A copy of the file there is not enough, although on the head the file alone
# was: a node, or a program with an explicit address, reads it only where RAY_AUTH_MODE=token.
#
# Seen, each user a home folder on one machine: before, a node of the second user joins; after ray.init() of the first
# user it says "InvalidAuthToken: Authentication token is missing or incorrect" for twenty seconds and ends, with a copy
# of the file the same, and with the copy and RAY_AUTH_MODE=token it joins. A program that is refused (ray.init) says
# "Failed to connect to Ray cluster" after as long, and the reason only in what that error came from. What helps: make
# the token first (ray get-auth-token --generate), and give each machine both.
#
# Exits non-zero if who may join is no longer so.
set -euo pipefail
folder=$(mktemp -d)
head=
finish() {
    if [ -n "$head" ]; then kill "$head" 2>/dev/null && wait "$head" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ray==2.60.0
bin=$folder/venv/bin
mkdir "$folder/first" "$folder/second"
export RAY_TMPDIR=$folder RAY_USAGE_STATS_ENABLED=0
unset RAY_ADDRESS RAY_AUTH_MODE RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH

start_head() { # PORT
    HOME=$folder/first "$bin/ray" start --head --port="$1" --num-cpus=0 --include-dashboard=false --block \
        > "$folder/head" 2>&1 &
    head=$!
    for _ in $(seq 60); do grep -q "runtime started" "$folder/head" && return; sleep 1; done
    cat "$folder/head"; exit 2
}

node() { # PORT [SETTING]: joined or refused
    env HOME="$folder/second" "${2:-NONE=}" "$bin/ray" start --address="127.0.0.1:$1" --num-cpus=1 --block \
        > "$folder/node" 2>&1 &
    local pid=$! answer=none
    for _ in $(seq 30); do
        if grep -q "runtime started" "$folder/node"; then answer=joined; break; fi
        if [ "$(grep -c InvalidAuthToken "$folder/node")" -ge 3 ]; then answer=refused; break; fi
        sleep 1
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
    echo "$answer"
}

start_head 6501
before=$(node 6501)
kill "$head"; wait "$head" || true
HOME=$folder/first "$bin/python" -c "import ray; ray.init(address='local', num_cpus=1, include_dashboard=False)" \
    > "$folder/local" 2>&1
start_head 6502
without=$(node 6502)
mkdir "$folder/second/.ray"
cp "$folder/first/.ray/auth_token" "$folder/second/.ray/"
copied=$(node 6502)
said=$(node 6502 RAY_AUTH_MODE=token)
echo "before: $before; after ray.init(): $without; with a copy of the token: $copied; and RAY_AUTH_MODE=token: $said"
[ "$before $without $copied $said" = "joined refused refused joined" ]
