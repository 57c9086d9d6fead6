#!/bin/sh
# Fills the store with the bundled history, unless it is there already, and serves.
set -eu

cd "$(dirname "$0")/.."
.build/release/bloasis backfill --csv Fixtures/spx_daily_1999_2018.csv --market SPX
exec .build/release/bloasis serve
