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

"$(dirname "$0")/python-environment.sh" "$environment" --requirement "$pins"
echo "$environment/bin/python3"
