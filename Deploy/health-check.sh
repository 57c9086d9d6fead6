#!/bin/bash
# Asks the serving program of this machine whether it lives: 0 when GET /health answers 200. The
# image has no HTTP client; bash, which every Debian has, opens the connection itself.
set -u

exec 3<>"/dev/tcp/127.0.0.1/${HTTP_PORT:-8080}" || exit 1
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS=' ' read -r -t 2 _ status _ <&3
[ "${status:-}" = 200 ]
