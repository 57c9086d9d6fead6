#!/bin/sh
# Times the backfill of universes into PostgreSQL against raw COPY and a pandas script, on a server
# of its own. Arguments go to Benchmarks/backfill.py: `Scripts/bench-backfill.sh --size 50x1000`.
set -eu

cd "$(dirname "$0")/.."
pins=Benchmarks/requirements-backfill.txt
# Another list is another environment.
environment=$PWD/.build/backfill-peer/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
exec "$environment/bin/python3" Benchmarks/backfill.py "$@"
