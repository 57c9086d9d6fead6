#!/bin/sh
# Runs a program of Benchmarks/ in the environment of those about whole backfills, which is made
# where it is missing: `Scripts/backfill-python.sh backfill.py --size 50x1000`.
set -eu

cd "$(dirname "$0")/.."
pins=Benchmarks/requirements-backfill.txt
# Another list is another environment.
environment=$PWD/.build/backfill-peer/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
program=Benchmarks/$1
shift
exec "$environment/bin/python3" "$program" "$@"
