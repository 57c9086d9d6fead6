"""As much of HTTP/2 (RFC 9113) as a test needs that counts frames itself."""

import socket

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
# The identifier that the first GOAWAY of a shutdown names: no call is refused yet.
LAST_STREAM = 2**31 - 1


def frame(kind, flags=0, stream=0, payload=b""):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def fields(pairs):
    """Fields as literals that are not indexed (RFC 7541, 6.2.2); texts below 127 bytes."""
    block = b""
    for pair in pairs:
        block += b"\0"
        for text in pair:
            assert len(text) < 127, text
            block += bytes([len(text)]) + text.encode()
    return block


def call(path, stream, message=b""):
    """A call with one message, whole."""
    block = fields(
        [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "test"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
    )
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    return frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, framed)


class Calls:
    """A connection that keeps calls under way, and counts how they end.

    It answers what a server may ask (SETTINGS, PING) and gives back what it was sent of the window.
    """

    def __init__(self, port, path):
        self.path = path
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(PREFACE + frame(SETTINGS))
        self.received = b""
        self.next = 1
        # Identifiers of calls that have not ended, and of those of them with a message.
        self.open = set()
        self.given = set()
        self.answered = 0
        self.refused = 0
        # The greatest identifier that the server says it answers; `None` before it says so.
        self.last = None

    def begin(self):
        """Sends a call; false when the server takes nothing more."""
        if self.say(call(self.path, self.next)):
            self.open.add(self.next)
            self.next += 2
            return True
        return False

    def say(self, sent):
        try:
            self.socket.sendall(sent)
            return True
        except OSError:
            # The server has closed. What it sent before that can still be read.
            return False

    def take(self):
        """Takes what has come; false at the end of the connection."""
        more = self.socket.recv(1 << 16)
        self.received += more
        while len(self.received) >= 9:
            end = 9 + int.from_bytes(self.received[:3], "big")
            if len(self.received) < end:
                break
            head, payload = self.received[:9], self.received[9:end]
            self.received = self.received[end:]
            self.handle(head[3], head[4], int.from_bytes(head[5:], "big"), payload)
        return bool(more)

    def handle(self, kind, flags, stream, payload):
        if kind == DATA and payload:
            self.given.add(stream)
            self.say(frame(WINDOW_UPDATE, payload=len(payload).to_bytes(4, "big")))
        elif kind in (SETTINGS, PING) and not flags & ACK:
            self.say(frame(kind, ACK, payload=payload if kind == PING else b""))
        elif kind == GOAWAY:
            self.last = int.from_bytes(payload[:4], "big")
            unanswered = {stream for stream in self.open if stream > self.last}
            self.refused += len(unanswered)
            self.open -= unanswered
        if kind in (DATA, HEADERS) and flags & END_STREAM and stream in self.given:
            self.open.discard(stream)
            self.answered += 1
