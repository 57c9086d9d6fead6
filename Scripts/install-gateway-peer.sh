#!/bin/sh
# Installs the FastAPI service's packages, and a gRPC client's, that `make bench-gateway` needs, and
# prints where their python is. Safe to run again, and by several at once: with them in place it
# only prints.
#
# They go to $BLOASIS_GATEWAY_PEER, or to the user's cache folder.
set -eu

pins=$(dirname "$0")/../Benchmarks/requirements-gateway.txt
folder=${BLOASIS_GATEWAY_PEER:-${XDG_CACHE_HOME:-$HOME/.cache}/bloasis/gateway-peer}
# Another list is another environment.
environment=$folder/$(cksum <"$pins" | cut -d ' ' -f 1)

if [ ! -f "$environment/complete" ]; then
    mkdir -p "$folder"
    exec 9>"$folder/lock"
    flock 9
    if [ ! -f "$environment/complete" ]; then
        rm -rf "$environment"
        python3 -m venv "$environment" >&2
        "$environment/bin/python3" -m pip install --quiet --requirement "$pins" >&2
        touch "$environment/complete"
    fi
fi
echo "$environment/bin/python3"
