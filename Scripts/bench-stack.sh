#!/bin/sh
# Times the full stack against psql, rdkafka_performance and redis-benchmark, on servers of its own.
# Arguments go to Benchmarks/stack.py: `Scripts/bench-stack.sh --only relay --turns 5`.
set -eu

cd "$(dirname "$0")/.."
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-stack
exec python3 Benchmarks/stack.py --program "$scratch/release/bloasis-stack" "$@"
