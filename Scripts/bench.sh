#!/bin/sh
# Times the program, its dashboard, strategies and how people are told against their goals, then
# counts what a clock cannot say: instructions and allocations of the kernels, against
# Benchmarks/Thresholds. Fails when a count exceeds its threshold. `--record` keeps the times;
# `--accept` writes the thresholds anew.
set -eu

cd "$(dirname "$0")/.."
record=
accept=
for word in "$@"; do
    case $word in
    --record) record=--record ;;
    --accept) accept=--accept ;;
    *) echo "usage: Scripts/bench.sh [--record] [--accept]" >&2 && exit 64 ;;
    esac
done

python3 Benchmarks/run.py $record
"$(Scripts/install-test-browser.sh)" Benchmarks/dashboard.py $record
python3 Benchmarks/strategies.py $record
python3 Benchmarks/notify.py $record

scratch=$PWD/.build/benchmarks
swift package --package-path Benchmarks --scratch-path "$scratch" --disable-sandbox \
    benchmark --target Gauges --no-progress
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-workloads
python3 Benchmarks/counts.py --program "$scratch/release/bloasis-workloads" $accept
