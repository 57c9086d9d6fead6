#!/bin/sh
# Runs us and the rivals on the same work; these live in an environment of their own below .build.
# Arguments go to Benchmarks/compare.py: `Scripts/bench-peers.sh --only viterbi --rounds 3`.
set -eu

cd "$(dirname "$0")/.."
pins=Benchmarks/requirements.txt
# Another list is another environment.
environment=$PWD/.build/peers/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-workloads
exec "$environment/bin/python" Benchmarks/compare.py \
    --program "$scratch/release/bloasis-workloads" "$@"
