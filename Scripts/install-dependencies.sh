#!/bin/sh
# Installs the Debian packages that are missing, and says what else is. Safe to run again: with
# nothing missing it touches neither the network nor the system. `--tests` adds the servers that
# tests start and the programs that they ask, `--browser` what looks at the dashboard (in `--tests`
# too), `--gateway` what `make bench-gateway` asks with.
set -eu

packages="
    ca-certificates
    git
    libhiredis-dev
    libpq-dev
    librdkafka-dev
    libsqlite3-dev
    make
    pkg-config
    python3
    zlib1g-dev
"
browser="
    chromium-headless-shell
    fonts-dejavu-core
    fonts-liberation
    python3-venv
"
case ${1:-} in
--tests)
    packages="$packages $browser
    curl
    docker-compose
    faketime
    fish
    kcat
    mandoc
    postgresql-15
    redis-server
    zsh
"
    ;;
--browser) packages="$packages $browser" ;;
--gateway)
    packages="$packages
    nghttp2-client
    python3-venv
    redis-server
    wrk
"
    ;;
'') ;;
*) echo "usage: Scripts/install-dependencies.sh [--tests | --browser | --gateway]" >&2 && exit 64 ;;
esac
swift_minimum=6.3

fail() {
    echo "setup: $1" >&2
    exit 4
}

is_installed() {
    dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'
}

missing=
if command -v dpkg-query >/dev/null; then
    for package in $packages; do
        is_installed "$package" || missing="$missing $package"
    done
else
    echo "setup: not a Debian system; these packages' equivalents are needed:" $packages >&2
fi

if [ -n "$missing" ]; then
    echo "setup: installing$missing" >&2
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "not root and no sudo: ask an administrator for: apt-get install$missing"
        as_root=sudo
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 ||
        fail "apt-get update failed: is the package mirror reachable?"
    # shellcheck disable=SC2086 # the list is meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >&2 ||
        fail "apt-get install failed for:$missing"
fi

command -v swift >/dev/null ||
    fail "there is no swift: install Swift $swift_minimum or later from https://swift.org/install"
version=$(swift --version 2>/dev/null |
    sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
oldest=$(printf '%s\n%s\n' "$swift_minimum" "${version:-0}" | sort -V | head -n 1)
[ "$oldest" = "$swift_minimum" ] ||
    fail "Swift $swift_minimum or later is needed, this is ${version:-unknown}: swift.org/install"

if [ "${1:-}" = --tests ]; then
    "$(dirname "$0")/install-test-brokers.sh" >/dev/null ||
        fail "the Kafka broker for tests cannot be installed: is PyPI reachable?"
    "$(dirname "$0")/install-test-objects.sh" >/dev/null ||
        fail "the object store for tests cannot be installed: is PyPI reachable?"
    "$(dirname "$0")/install-test-clients.sh" >/dev/null ||
        fail "the clients for tests cannot be installed: is PyPI reachable?"
fi
case ${1:-} in
--tests | --browser)
    "$(dirname "$0")/install-test-browser.sh" >/dev/null ||
        fail "the driver of the browser for tests cannot be installed: is PyPI reachable?"
    ;;
esac
