"""Keeps a server busy over HTTP and gRPC until it ends every connection, and says how it did.

Connections are kept: each asks, reads the whole answer and asks again. `busy` is printed once every
connection has had answers; at the end a JSON object of counts:

  http   answered; `last`: connections whose last answer said `Connection: close`; `idle`: closed
         between an answer and the next request; `crossed`: closed while the next request was sent,
         more than `IN_USE_SECONDS` after the one before; `failed`: what became of other requests
         that were sent whole, on a connection that nobody had said is closing, and got no whole
         answer
  fills  of the answered requests, those that recorded something
  grpc   answered; `refused`: calls above the last one that the server says it answers; `failed`:
         other calls without an answer
  grpcio answered; `failed`: how the first call of each thread ended that was not answered

Usage: load.py HTTP_PORT GRPC_PORT
"""

import collections
import json
import socket
import sys
import threading
import time

import grpc

import http2_frames

HTTP_CONNECTIONS, GRPC_CONNECTIONS, CALLS_EACH, STUBS = 24, 4, 8, 4
# Answers that a connection has had before it counts as busy.
BUSY_AFTER = 5
# A connection that asked so short a time ago is told of the end in an answer. A client that had no
# processor for longer may send while the server closes.
IN_USE_SECONDS = 0.25
CURRENT = "/bloasis.market_regime.MarketRegimeService/GetCurrentRegime"


class Tally:
    def __init__(self, parties):
        self.lock = threading.Lock()
        self.counts = collections.defaultdict(collections.Counter)
        self.failures = collections.defaultdict(list)
        self.waiting = parties

    def count(self, door, what, number=1):
        with self.lock:
            self.counts[door][what] += number

    def fail(self, door, why):
        with self.lock:
            self.failures[door].append(why)

    def is_busy(self):
        with self.lock:
            self.waiting -= 1
            if self.waiting == 0:
                print("busy", flush=True)

    def report(self):
        doors = ["http", "fills", "grpc", "grpcio"]
        return {door: {**self.counts[door], "failed": self.failures[door]} for door in doors}


def request(connection, number):
    """Each fourth records a fill of its own."""
    if number % 4 != 3:
        path = ["/health", "/v1/market-regime/current", "/v1/market-regime/models"][number % 4]
        return f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
    fill = {
        "fillId": f"load-{connection}-{number}",
        "orderId": "o",
        "userId": "load",
        "symbol": "SPX",
        "side": "buy",
        "filledQty": 1,
        "filledPrice": "1",
        "currency": "USD",
        "timestamp": "2018-12-31T21:00:00Z",
    }
    body = json.dumps(fill)
    return (
        "POST /v1/orders/fills HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(30)


def answer(connection):
    """The head of an answer that came whole; else an EOFError of how many bytes of it came."""
    received = b""
    while True:
        try:
            more = connection.recv(1 << 16)
        except ConnectionResetError:
            more = b""
        if not more:
            raise EOFError(len(received))
        received += more
        head, found, body = received.partition(b"\r\n\r\n")
        if not found:
            continue
        lengths = [
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        if len(body) >= lengths[0]:
            return head


def ask_over_http(tally, port, name):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_asking(tally, connection, name)


def keep_asking(tally, connection, name):
    number, used = 0, time.monotonic()
    while True:
        if is_closed(connection):
            return tally.count("http", "idle")
        before = used
        try:
            try:
                connection.sendall(request(name, number))
            finally:
                used = time.monotonic()
            head = answer(connection)
        except (OSError, EOFError) as error:
            unread = isinstance(error, (BrokenPipeError, ConnectionResetError))
            if (unread or error.args == (0,)) and used - before > IN_USE_SECONDS:
                return tally.count("http", "crossed")
            return tally.fail("http", f"request {number}: {error!r}")
        if b" 200 " not in head.split(b"\r\n")[0]:
            return tally.fail("http", f"request {number}: {head.decode()}")
        tally.count("http", "answered")
        if number % 4 == 3:
            tally.count("fills", "answered")
        number += 1
        if number == BUSY_AFTER:
            tally.is_busy()
        if b"\r\nconnection: close" in head.lower():
            return tally.count("http", "last")


def ask_over_http2(tally, port):
    calls = http2_frames.Calls(port, CURRENT)
    isBusy = False
    try:
        while True:
            while calls.last is None and len(calls.open) < CALLS_EACH and calls.begin():
                pass
            if not calls.take():
                break
            if not isBusy and calls.answered >= BUSY_AFTER * CALLS_EACH:
                isBusy = True
                tally.is_busy()
    except OSError as error:
        tally.fail("grpc", repr(error))
    calls.socket.close()
    tally.count("grpc", "answered", calls.answered)
    tally.count("grpc", "refused", calls.refused)
    for stream in sorted(calls.open):
        tally.fail("grpc", f"call {stream} of {calls.next // 2}, the last is {calls.last}")


def ask_by_grpcio(tally, port):
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        ask = channel.unary_unary(CURRENT)
        answered = 0
        while True:
            try:
                ask(b"", timeout=30)
            except grpc.RpcError as error:
                return tally.fail("grpcio", f"{error.code().name}: {error.details()}")
            tally.count("grpcio", "answered")
            answered += 1
            if answered == BUSY_AFTER:
                tally.is_busy()


def main():
    http, grpc_port = (int(port) for port in sys.argv[1:])
    tally = Tally(HTTP_CONNECTIONS + GRPC_CONNECTIONS + STUBS)
    tasks = [(ask_over_http, (tally, http, name)) for name in range(HTTP_CONNECTIONS)]
    tasks += [(ask_over_http2, (tally, grpc_port))] * GRPC_CONNECTIONS
    tasks += [(ask_by_grpcio, (tally, grpc_port))] * STUBS
    threads = [threading.Thread(target=ask, args=arguments) for ask, arguments in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(tally.report()), flush=True)


main()
