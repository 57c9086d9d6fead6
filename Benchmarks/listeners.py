"""Listens to the notifications of a server by Server-Sent Events, with many connections at once.

    python3 Benchmarks/listeners.py PORT COUNT

Prints `open` when each of them has been told how its stream begins, and `heard N` when all have
been told N notifications. When its standard input ends it prints one JSON object: `ids` of all that
came, in their order; `arrivals`, for each of them the seconds on the machine's steady clock when
each connection had it; `missed` and `doubled`, how many over all connections; `disordered`, how
many connections had some in another order; `lost`, how many ended.

One thread with raw sockets: of an event it looks at nothing but its id.
"""

import json
import select
import socket
import sys
import time

# So many ask at a time: servers keep a queue of few who are not accepted yet.
STEP = 100
OPEN_LIMIT_SECONDS = 30
REQUEST = (
    b"GET /v1/notifications/stream HTTP/1.1\r\nHost: localhost\r\n"
    b"Accept: text/event-stream\r\n\r\n")
BEGUN = b"event: resumed\n"
ID = b"\nid: "
EVENT_END = b"\n\n"
READ_BYTES = 1 << 16


class Listeners:
    def __init__(self, port, count):
        self.port, self.count = port, count
        self.poll = select.epoll()
        self.sockets = {}
        # Of each connection, what came after its last whole event.
        self.rests = {}
        self.begun = set()
        self.heard = {}
        self.arrivals = {}
        self.reached = 0
        self.lost = 0

    def open(self):
        while len(self.sockets) < self.count:
            for _ in range(min(STEP, self.count - len(self.sockets))):
                connection = socket.create_connection(("127.0.0.1", self.port))
                connection.sendall(REQUEST)
                connection.setblocking(False)
                number = connection.fileno()
                self.sockets[number] = connection
                self.heard[number] = []
                self.poll.register(number, select.EPOLLIN)
            end = time.monotonic() + OPEN_LIMIT_SECONDS
            while len(self.begun) < len(self.sockets):
                self.read(end - time.monotonic())
                if self.lost or time.monotonic() > end:
                    sys.exit(
                        f"{len(self.begun)} of {len(self.sockets)} streams began, {self.lost} "
                        "connections ended")

    def read(self, seconds):
        """What is there, or comes within a time. Returns whether standard input has ended."""
        is_over = False
        for number, _ in self.poll.poll(max(seconds, 0)):
            if number not in self.sockets:
                is_over = True
                continue
            try:
                data = self.sockets[number].recv(READ_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                self.take(number, data, time.monotonic())
            else:
                self.poll.unregister(number)
                self.sockets[number].close()
                self.lost += 1
        return is_over

    def take(self, number, data, instant):
        rest = self.rests.pop(number, None)
        if rest:
            data = rest + data
        at = 0
        while (end := data.find(EVENT_END, at)) >= 0:
            # How a stream begins has an id, too, and is no news.
            if number not in self.begun and data.find(BEGUN, at, end) >= 0:
                self.begun.add(number)
            elif (found := data.find(ID, at, end)) >= 0:
                text = data[found + len(ID):data.index(b"\n", found + 1, end)]
                self.note(number, int(text), instant)
            elif number not in self.begun and not data.startswith(b"HTTP/1.1 200 "):
                sys.exit(data[:end].decode())
            at = end + len(EVENT_END)
        if len(data) > at:
            self.rests[number] = data[at:]

    def note(self, number, identifier, instant):
        heard = self.heard[number]
        heard.append(identifier)
        times = self.arrivals.setdefault(identifier, [])
        times.append(instant)
        if len(times) == self.count:
            self.reached += 1
            print(f"heard {self.reached}", flush=True)

    def listen(self):
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
        while not self.read(1):
            pass

    def summary(self):
        ids = sorted(self.arrivals)
        everything = set(ids)
        return {
            "ids": ids,
            "arrivals": [self.arrivals[identifier] for identifier in ids],
            "missed": sum(len(everything - set(heard)) for heard in self.heard.values()),
            "doubled": sum(len(heard) - len(set(heard)) for heard in self.heard.values()),
            "disordered": sum(heard != sorted(heard) for heard in self.heard.values()),
            "lost": self.lost,
        }


def main():
    port, count = [int(argument) for argument in sys.argv[1:]]
    listeners = Listeners(port, count)
    listeners.open()
    print("open", flush=True)
    listeners.listen()
    json.dump(listeners.summary(), sys.stdout)


if __name__ == "__main__":
    main()
