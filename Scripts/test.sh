#!/bin/sh
# Builds everything once, for debugging and with coverage, runs every test, and prints the coverage.
# Arguments go to `swift test`: `Scripts/test.sh --filter Calendar` (then without coverage).
set -eu

cd "$(dirname "$0")/.."
profiles=$PWD/.build/coverage

swift build --build-tests --enable-code-coverage --explicit-target-dependency-import-check error

rm -rf "$profiles"
mkdir -p "$profiles"
# A pool of four files for each program: tests start `bloasis` often, and its profile counts too.
LLVM_PROFILE_FILE="$profiles/%4m.profraw" swift test --skip-build --disable-xctest "$@"

[ $# -gt 0 ] || Scripts/coverage.sh
