#!/bin/bash
# Follows a page as somebody at a terminal: follow.sh SCRIPT NOTES SECONDS. The script calls `begin`
# and `finish` around each block, and `await` for what a program that goes on is to say; what each
# block shows is written to NOTES/LINE.txt, and what it comes to is noted in NOTES/notes. Everything
# it has started ends with it, and no later than after so many seconds.
#
# It is a process group of its own, and can tell it to end, which what runs tests may have blocked.
if [ -z "${FOLLOWING-}" ]; then
    FOLLOWING=1 exec python3 -c '
import os, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, ())
signal.signal(signal.SIGTERM, signal.SIG_DFL)
os.getpgrp() == os.getpid() or os.setpgid(0, 0)
os.execvp("bash", ["bash"] + sys.argv[1:])' "$0" "$@"
fi
unset FOLLOWING
SCRIPT=$1
NOTES=$2

begin() { exec >"$NOTES/$1.txt" 2>&1; }

finish() {
    echo "finished $1" >&3
    exec >>"$NOTES/between.txt" 2>&1
}

# Waits until a block has shown these words, or for 60 seconds.
await() {
    for _ in {1..600}; do
        grep -qF -e "$2" "$NOTES/$1.txt" && return
        sleep 0.1
    done
}

failed() {
    [ "${BASH_SOURCE[1]}" != "$SCRIPT" ] || echo "failed $1 $2 ${3%%$'\n'*}" >&3
}

leave() {
    trap '' TERM
    kill -TERM 0
    for _ in {1..100}; do
        jobs -r >"$NOTES/left.txt"
        [ -s "$NOTES/left.txt" ] || exit
        sleep 0.1
    done
    kill -KILL 0
}

exec 3>"$NOTES/notes" </dev/null >"$NOTES/between.txt" 2>&1
(sleep "$3" && kill -KILL 0) 3>&- &
set -E
trap leave EXIT
trap 'failed $? $LINENO "$BASH_COMMAND"' ERR
# shellcheck source=/dev/null
. "$SCRIPT"
