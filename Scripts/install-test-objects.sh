#!/bin/sh
# Installs the object store that tests start, and prints the Python that runs it. Safe to run again,
# and by several at once: with it in place it only prints.
#
# It goes to $BLOASIS_TEST_OBJECTS, or to the user's cache folder.
set -eu

version=5.1.22
folder=${BLOASIS_TEST_OBJECTS:-${XDG_CACHE_HOME:-$HOME/.cache}/bloasis/test-objects}
environment=$folder/moto-$version

"$(dirname "$0")/python-environment.sh" "$environment" "moto[s3,server]==$version"
echo "$environment/bin/python3"
