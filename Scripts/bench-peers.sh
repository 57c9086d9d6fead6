#!/bin/sh
# Runs the rivals on the same work; they live in an environment of their own below .build.
set -eu

cd "$(dirname "$0")/.."
environment=.build/peers
if [ ! -x "$environment/bin/python" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet hmmlearn==0.3.3
fi
exec "$environment/bin/python" Benchmarks/peers/walk_forward_hmmlearn.py
