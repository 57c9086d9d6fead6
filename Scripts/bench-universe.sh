#!/bin/sh
# Classifies a universe under one fixed model; arguments go to Benchmarks/universe.py:
# `Scripts/bench-universe.sh --markets 500 --threads 1`.
set -eu

cd "$(dirname "$0")/.."
pins=Benchmarks/requirements.txt
# Another list is another environment.
environment=$PWD/.build/peers/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-workloads
exec "$environment/bin/python" Benchmarks/universe.py \
    --program "$scratch/release/bloasis-workloads" "$@"
