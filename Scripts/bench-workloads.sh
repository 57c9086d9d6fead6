#!/bin/sh
# Runs us and the rivals on the same work; these live in an environment of their own below .build.
# The first argument names the script in Benchmarks, the others go to it:
# `Scripts/bench-workloads.sh compare --only viterbi --rounds 3` runs the kernels,
# `Scripts/bench-workloads.sh universe --markets 500 --threads 1` a universe under one fixed model.
set -eu

cd "$(dirname "$0")/.."
script=$1
shift
pins=Benchmarks/requirements.txt
# Another list is another environment.
environment=$PWD/.build/peers/$(cksum <"$pins" | cut -d ' ' -f 1)
Scripts/python-environment.sh "$environment" --requirement "$pins"
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-workloads
exec "$environment/bin/python" "Benchmarks/$script.py" \
    --program "$scratch/release/bloasis-workloads" "$@"
