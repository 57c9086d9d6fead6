#!/bin/sh
# Feeds the readers of foreign bytes with spoilt ones: `Scripts/fuzz.sh [SECONDS [TARGET...]]`.
# Targets are Tables, Manifests, Classifiers and Requests; all of them when none is named, each for
# SECONDS.
# What breaks a law is kept in Fuzzing/Crashes/TARGET, and tried first at every later run.
set -eu

cd "$(dirname "$0")/.."
limit=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- Tables Manifests Classifiers Requests
case $limit in
'' | *[!0-9]*) echo "usage: Scripts/fuzz.sh [SECONDS [TARGET...]]" >&2 && exit 64 ;;
esac

scratch=$PWD/.build/fuzzing
program=${BLOASIS:-.build/release/bloasis}
python3 Fuzzing/seeds.py "$program" "$scratch/seeds"
# Swift's own report of a crash would come before libFuzzer has kept the input.
export SWIFT_BACKTRACE=enable=no
# Swift's runtime keeps metadata for good.
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16

for target in "$@"; do
    swift build --package-path Fuzzing --scratch-path "$scratch" -c release --product "$target"
    crashes=Fuzzing/Crashes/$target
    mkdir -p "$crashes" "$scratch/corpus/$target"
    again="$scratch/release/$target"
    # An input that was kept must pass before new ones are sought.
    find "$crashes" -type f -exec "$again" -timeout=10 {} + || {
        echo "$target: inputs kept in $crashes still break a law; run again one of them with" >&2
        echo "  SWIFT_BACKTRACE=enable=no $again INPUT" >&2
        exit 1
    }
    echo "== $target: $limit s"
    "$again" -max_total_time="$limit" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
        -dict="Fuzzing/Dictionaries/$target.txt" -artifact_prefix="$crashes/" \
        -use_value_profile=1 -print_final_stats=1 \
        "$scratch/corpus/$target" "$scratch/seeds/$target" || {
        echo "$target: the input is kept in $crashes; run it again with" >&2
        echo "  SWIFT_BACKTRACE=enable=no $again $crashes/NAME" >&2
        exit 1
    }
done
