"""Fills a server with connections that ask nothing.

Opens COUNT connections and says `open`; at SIGUSR1 it closes as many as MANY and says `closed`; it
ends at SIGTERM. Each 100th connection asks once, so that the server has accepted those before it,
and how long the longest answer took is said.

Usage: crowd.py PORT COUNT MANY
"""

import resource
import signal
import socket
import sys
import time

REQUEST = b"GET /v1/market-regime/current HTTP/1.1\r\nHost: test\r\n\r\n"
# Nobody needs it for longer.
LIFETIME_SECONDS = 240


def allow(descriptors):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, descriptors)), hard))


def main():
    port, count, many = (int(argument) for argument in sys.argv[1:])
    allow(count + 64)
    awaited = {signal.SIGUSR1, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    signal.alarm(LIFETIME_SECONDS)
    connections = []
    longest = 0
    for number in range(count):
        connections.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        if number % 100 == 99:
            begun = time.monotonic()
            connections[-1].sendall(REQUEST)
            assert connections[-1].recv(1 << 16).startswith(b"HTTP/1.1 200 ")
            longest = max(longest, time.monotonic() - begun)
    print(f"open, {longest * 1000:.0f} ms", flush=True)
    while signal.sigwait(awaited) == signal.SIGUSR1:
        for connection in connections[:many]:
            connection.close()
        print("closed", flush=True)


main()
