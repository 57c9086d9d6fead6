#!/bin/sh
# Writes a resampled universe, kills it on the way, resumes it, and holds it against an undisturbed
# run: `Scripts/prove-universe.sh MARKETS BARS sqlite|postgres`; more arguments go to
# Benchmarks/proving.py.
set -eu

exec "$(dirname "$0")/backfill-python.sh" proving.py "$@"
