#!/bin/sh
# Times the backfill of universes into PostgreSQL against raw COPY and a pandas script, on a server
# of its own. Arguments go to Benchmarks/backfill.py: `Scripts/bench-backfill.sh --size 50x1000`.
set -eu

exec "$(dirname "$0")/backfill-python.sh" backfill.py "$@"
