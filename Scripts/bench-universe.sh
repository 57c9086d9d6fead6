#!/bin/sh
# Classifies a universe under one fixed model; arguments go to Benchmarks/universe.py:
# `Scripts/bench-universe.sh --markets 500 --threads 1`.
set -eu

cd "$(dirname "$0")/.."
environment=.build/peers
pins=Benchmarks/requirements.txt
if ! cmp -s "$pins" "$environment/pins"; then
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --requirement "$pins"
    cp "$pins" "$environment/pins"
fi
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-workloads
exec "$environment/bin/python" Benchmarks/universe.py \
    --program "$scratch/release/bloasis-workloads" "$@"
