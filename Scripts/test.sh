#!/bin/sh
# Builds everything once, for debugging and with coverage, runs every test, and prints the coverage.
# Arguments go to `swift test`: `Scripts/test.sh --filter Calendar` (then without coverage).
set -eu

cd "$(dirname "$0")/.."
profiles=$PWD/.build/coverage

swift build --build-tests --enable-code-coverage --explicit-target-dependency-import-check error

# So many tests at a time: with all of them at once whoever waits for a condition gets a processor
# again only after everybody else had one, which takes longer than conditions are waited for.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH

rm -rf "$profiles"
mkdir -p "$profiles"
# A pool of four files for each program: tests start `bloasis` often, and its profile counts too.
test() {
    LLVM_PROFILE_FILE="$profiles/%4m.profraw" swift test --skip-build --disable-xctest "$@"
}

if [ $# -gt 0 ]; then
    test "$@"
else
    # Tests that compute keep a processor for seconds at a time; those that talk to servers have
    # limits in real time. Apart from each other neither disturbs.
    clients='(Caching|Clients|GRPCServing|HTTPServing|Kafka|Postgres|Redis|Registries)Tests'
    faults='IntegrationTests.*(KillTests|FaultTests)'
    services='(Backends|Gateway|Hosting|MarketRegime|Notification)Tests'
    # One row a fault, from whatever tests make one.
    FAULT_TABLE=$PWD/.build/fault-table.md
    export FAULT_TABLE
    rm -f "$FAULT_TABLE"
    test --skip "$clients" --skip "$services" --skip IntegrationTests
    test --filter "$clients"
    test --filter "$services"
    test --filter IntegrationTests --skip "$faults"
    test --filter "$faults"
    Scripts/coverage.sh
    echo
    echo '| fault | on | effects due | deliveries | lost | doubled | repeats |'
    echo '|---|---|---|---|---|---|---|'
    sort "$FAULT_TABLE"
fi
