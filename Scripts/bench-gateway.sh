#!/bin/sh
# Times the doors of `serve` against bare ones of the same libraries and a FastAPI service, on
# servers of its own. Arguments go to Benchmarks/gateway.py: `Scripts/bench-gateway.sh --turns 5`.
set -eu

cd "$(dirname "$0")/.."
scratch=$PWD/.build/benchmarks
swift build --package-path Benchmarks --scratch-path "$scratch" -c release \
    --product bloasis-doors
python=$(Scripts/install-gateway-peer.sh)
exec "$python" Benchmarks/gateway.py --program "$scratch/release/bloasis-doors" "$@"
