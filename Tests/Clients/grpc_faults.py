"""Does to a gRPC server what no client should, and prints how each thing ended.

One line each, a name and an outcome: `answered`: with a status of its own; `reset`: the call alone
was ended; `closed N`: the connection was, N is the error code of its GOAWAY (RFC 9113, section 7).
What grpcio asks is told by the name of its status.

Usage: grpc_faults.py PORT
"""

import concurrent.futures
import socket
import sys

import grpc

from http2_frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RESET,
    SETTINGS,
    WINDOW_UPDATE,
    call,
    fields,
    frame,
)

SERVICE = "/bloasis.market_regime.MarketRegimeService/"
CURRENT = SERVICE + "GetCurrentRegime"
SECRET = "s3cret"
PUSH_PROMISE, CONTINUATION = 5, 9
BEGUN = PREFACE + frame(SETTINGS)
HEAD = call(CURRENT, 1).split(frame(DATA, END_STREAM, 1, bytes(5)))[0]


def with_data(data, flags=END_STREAM):
    return BEGUN + HEAD + frame(DATA, flags, 1, data)


BROKEN = {
    "garbage": b"\xff" * 64,
    "HTTP/1.1": b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100050100000103") + bytes(40),
    "a frame too long": BEGUN + b"\xff\xff\xff\0\0\0\0\0\1" + bytes(64),
    "data on no stream": BEGUN + frame(DATA, 0, 0, b"x"),
    "data on an idle stream": BEGUN + frame(DATA, 0, 1, b"x"),
    "a stream of the server": BEGUN + call(CURRENT, 2),
    "fields that are none": BEGUN + frame(HEADERS, END_HEADERS, 1, b"\xff" * 6),
    "a continuation of nothing": BEGUN + frame(CONTINUATION, END_HEADERS, 1),
    "settings cut short": PREFACE + frame(SETTINGS, 0, 0, b"xxx"),
    "a promise": BEGUN + frame(PUSH_PROMISE, END_HEADERS, 1, bytes(3) + b"\2"),
    "a window of nothing": BEGUN + frame(WINDOW_UPDATE, 0, 0, bytes(4)),
    "fields without end": BEGUN
    + frame(HEADERS, 0, 1, fields([("x", "y")]))
    + frame(CONTINUATION, 0, 1, fields([("x", "y" * 100)] * 150)) * 200,
    "continuations without end": BEGUN + frame(HEADERS, 0, 1) + frame(CONTINUATION, 0, 1) * 50_000,
    "pings without end": BEGUN + frame(PING, 0, 0, bytes(8)) * 10_000,
    "settings without end": BEGUN + frame(SETTINGS) * 10_000,
    "empty data without end": with_data(b"", 0) + frame(DATA, 0, 1) * 10_000,
    "resets without end": BEGUN
    + b"".join(
        call(CURRENT, stream) + frame(RESET, 0, stream, bytes(3) + b"\x08")
        for stream in range(1, 20_000, 2)
    ),
    "a message longer than any": with_data(b"\0\xff\xff\xff\xff"),
    "a compressed message": with_data(b"\1\0\0\0\0"),
    "a message cut short": with_data(b"\0\0\0\0\5ab"),
    "two messages": with_data(bytes(10)),
    "no message": with_data(b""),
    "bytes that are no message": with_data(b"\0\0\0\0\3\xff\xff\xff"),
    "a frame that nobody knows": BEGUN + frame(77, 0, 0, b"x") + call(CURRENT, 1),
}


def outcome(port, sent):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        connection.sendall(sent)
    except OSError:
        # Closed before it was all said; why can still be read.
        pass
    received = b""
    code = None
    while True:
        try:
            more = connection.recv(1 << 16)
        except ConnectionResetError:
            more = b""
        if not more:
            return f"closed {code}"
        received += more
        while len(received) >= 9:
            end = 9 + int.from_bytes(received[:3], "big")
            if len(received) < end:
                break
            kind, flags, payload = received[3], received[4], received[9:end]
            received = received[end:]
            if kind == GOAWAY:
                code = int.from_bytes(payload[4:8], "big")
            elif kind == RESET:
                return "reset"
            elif kind == HEADERS and flags & END_STREAM:
                return "answered"


def status(channel, method, message, metadata=None):
    try:
        channel.unary_unary(method)(message, timeout=60, metadata=metadata)
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def sized(size):
    """A request with so many bytes in a field that nobody knows, number 1000."""
    length = size
    encoded = b"\xc2\x3e"
    while length > 127:
        encoded += bytes([length & 127 | 128])
        length >>= 7
    return encoded + bytes([length]) + b"a" * size


def large(port, size):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        return status(channel, CURRENT, sized(size))


def ask_by_grpcio(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for name, method in {
            "a method that is not there": SERVICE + "Nope",
            "a service that is not there": "/no.such.Service/Get",
            "a path that is none": "/",
            "a path upwards": "/..%2f..%2fetc/passwd",
        }.items():
            print(name, status(channel, method, b""))
        print("unknown fields", status(channel, CURRENT, b"\xf8\x3f\1"))
        print("text that is not UTF-8", status(channel, CURRENT, b"\x12\2\xff\xfe"))
        print("a market upwards", status(channel, CURRENT, b"\x12\x09../../etc"))
        secret = [("authorization", f"Bearer {SECRET}"), ("x-key", SECRET)]
        print("a secret", status(channel, CURRENT, b"\x0a\x06" + SECRET.encode(), secret))
    for size in [49, 51, 65]:
        # Several at once: what one of them takes must not be taken for all that were ever sent.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = set(pool.map(lambda size: large(port, size << 20), [size] * 3))
        print(f"a message of {size} MiB", *ends)


def crowd(port):
    """More streams and calls at once than the library's own bound, on one connection."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stream = channel.unary_stream(SERVICE + "StreamRegimeChanges")
        streams = [stream(b"") for _ in range(300)]
        calls = [channel.unary_unary(CURRENT).future(b"", timeout=60) for _ in range(300)]
        ends = {call.code().name for call in calls}
        print("300 streams", "open" if all(call.is_active() for call in streams) else "ended")
        print("300 calls beside them", *ends)


def main():
    port = int(sys.argv[1])
    for name, sent in BROKEN.items():
        print(name, outcome(port, sent), flush=True)
    ask_by_grpcio(port)
    crowd(port)


main()
