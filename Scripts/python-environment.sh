#!/bin/sh
# Makes a Python environment unless it is there: python-environment.sh FOLDER PIP-ARGUMENT…
# Safe to run again, and by several at once. What is half made is made anew.
set -eu

environment=$1
shift
[ -f "$environment/complete" ] && exit 0
mkdir -p "$(dirname "$environment")"
exec 9>"$(dirname "$environment")/lock"
flock 9
[ -f "$environment/complete" ] && exit 0
rm -rf "$environment"
python3 -m venv "$environment" >&2
"$environment/bin/python3" -m pip install --quiet "$@" >&2
touch "$environment/complete"
