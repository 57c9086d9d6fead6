#!/bin/sh
# Writes a resampled universe, kills it on the way, resumes it, and holds it against an undisturbed
# run: `Scripts/prove-universe.sh MARKETS BARS sqlite|postgres`; more arguments go to
# Benchmarks/proving.py.
set -eu

cd "$(dirname "$0")/.."
pins=Benchmarks/requirements-backfill.txt
# Another list is another environment.
environment=$PWD/.build/backfill-peer/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
exec "$environment/bin/python3" Benchmarks/proving.py "$@"
