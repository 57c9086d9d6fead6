#!/bin/sh
# Runs us and the rivals on the same work; these live in an environment of their own below .build.
# Arguments go to Benchmarks/compare.py: `Scripts/bench-peers.sh --only viterbi --rounds 3`.
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
exec "$environment/bin/python" Benchmarks/compare.py \
    --program "$scratch/release/bloasis-workloads" "$@"
