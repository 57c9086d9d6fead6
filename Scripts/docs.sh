#!/bin/sh
# Writes the documents that are made from code: the test that compares them writes them first.
set -eu

cd "$(dirname "$0")/.."
swift build --build-tests --enable-code-coverage --explicit-target-dependency-import-check error
REGENERATE=1 LLVM_PROFILE_FILE=/dev/null \
    swift test --skip-build --disable-xctest --filter 'ReferenceTests'
