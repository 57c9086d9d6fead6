#!/bin/sh
# Installs the independent clients that tests ask with, and prints where their python is. Safe to
# run again, and by several at once: with them in place it only prints.
#
# They go to $BLOASIS_TEST_CLIENTS, or to the user's cache folder.
set -eu

packages="
    cryptography==50.0.2
    googleapis-common-protos==1.76.0
    grpcio==1.85.1
    grpcio-health-checking==1.85.1
    grpcio-reflection==1.85.1
    grpcio-tools==1.85.1
    httpx==0.28.1
    matplotlib==3.11.2
    pandas==3.1.1
    PyJWT==2.15.1
    schemathesis==4.32.5
    websockets==17.4
"
folder=${BLOASIS_TEST_CLIENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/bloasis/test-clients}
# Another list is another environment.
environment=$folder/$(printf %s "$packages" | cksum | cut -d ' ' -f 1)

# shellcheck disable=SC2086 # the list is meant to be split
"$(dirname "$0")/python-environment.sh" "$environment" $packages
echo "$environment/bin/python3"
