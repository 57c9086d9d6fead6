"""Holds connections open that have each asked once, so that a server's memory for them can be read.

    python3 Benchmarks/connections.py http|grpc PORT PATH COUNT

Prints `open` when all have been answered, and keeps them until its standard input ends.
"""

import socket
import sys

TIMEOUT_SECONDS = 30

# HTTP/2 (RFC 9113, sections 3.4, 4.1 and 6).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
ACKNOWLEDGED, END_STREAM, END_HEADERS = 1, 1, 4
FRAME_HEAD_BYTES = 9


def http_answer(connection, path):
    """The head and the body of the answer to one request, which must be 200."""
    host = "{}:{}".format(*connection.getpeername())
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head, rest = b"", b""
    while not head:
        rest += received(connection, 65_536)
        if b"\r\n\r\n" in rest:
            head, rest = rest.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    if not head.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"{host}{path}: {head.decode()}")
    while len(rest) < int(fields["content-length"]):
        rest += received(connection, 65_536)
    return head + b"\r\n\r\n", rest


def grpc_call(connection, path):
    """Asks a method with an empty message, and reads until its answer has ended."""
    def field(name, value):
        """Literal, never indexed (RFC 7541, section 6.2.3)."""
        return bytes([0x10, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    host = "{}:{}".format(*connection.getpeername())
    head = b"".join(field(*pair) for pair in [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", host),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ])
    connection.sendall(
        PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, head)
        + frame(DATA, END_STREAM, 1, bytes(5)))
    has_message = False
    while True:
        kind, flags, stream = received_frame(connection)
        if kind == SETTINGS and not flags & ACKNOWLEDGED:
            connection.sendall(frame(SETTINGS, ACKNOWLEDGED, 0))
        has_message = has_message or kind == DATA
        if stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
            break
    if not has_message:
        sys.exit(f"{host}{path}: the call failed")


def frame(kind, flags, stream, payload=b""):
    return (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
        + payload)


def received_frame(connection):
    """Its type, its flags and its stream."""
    head = exactly(connection, FRAME_HEAD_BYTES)
    exactly(connection, int.from_bytes(head[:3], "big"))
    return head[3], head[4], int.from_bytes(head[5:], "big")


def exactly(connection, count):
    data = b""
    while len(data) < count:
        data += received(connection, count - len(data))
    return data


def received(connection, count):
    return connection.recv(count) or sys.exit("the server closed a connection")


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)


def main():
    protocol, port, path, count = sys.argv[1:]
    ask = {"http": http_answer, "grpc": grpc_call}[protocol]
    held = []
    for _ in range(int(count)):
        held.append(connected(int(port)))
        ask(held[-1], path)
    print("open", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
