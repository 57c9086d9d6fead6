#!/bin/sh
# Installs what tests drive a browser with, and prints where its python is. Safe to run again, and
# by several at once: with all in place it only prints. The browser itself is Debian's.
#
# It goes to $BLOASIS_TEST_BROWSER, or to the user's cache folder.
set -eu

packages="
    axe-playwright-python==0.1.8
    pillow==13.0.0
    playwright==1.65.2
"
folder=${BLOASIS_TEST_BROWSER:-${XDG_CACHE_HOME:-$HOME/.cache}/bloasis/test-browser}
# Another list is another environment.
environment=$folder/$(printf %s "$packages" | cksum | cut -d ' ' -f 1)

# shellcheck disable=SC2086 # the list is meant to be split
"$(dirname "$0")/python-environment.sh" "$environment" $packages
echo "$environment/bin/python3"
