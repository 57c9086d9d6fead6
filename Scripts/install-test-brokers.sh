#!/bin/sh
# Installs the Kafka broker that tests start, and prints where its program is. Safe to run again,
# and by several at once: with the broker in place it only prints.
#
# It goes to $BLOASIS_TEST_BROKERS, or to the user's cache folder.
set -eu

version=0.2.3
folder=${BLOASIS_TEST_BROKERS:-${XDG_CACHE_HOME:-$HOME/.cache}/bloasis/test-brokers}
environment=$folder/noida-db-$version

program() {
    find "$environment" -path '*/site-packages/noida_db/noida-db' -type f 2>/dev/null
}

"$(dirname "$0")/python-environment.sh" "$environment" "noida-db==$version"
[ -n "$(program)" ] || {
    echo "install-test-brokers: noida-db $version brings no program here" >&2
    exit 4
}
program
