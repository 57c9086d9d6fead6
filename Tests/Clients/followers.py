"""Follows a server's notifications, many times at once.

Opens COUNT streams and says `open` once each has begun. SILENT of them read nothing from then on;
the others do, to the end; `all N` is said when each of those was told of N events. At SIGUSR1 it
closes VANISHING of those that read, without a word, and says `gone`. At SIGTERM it says what the
others were told, as JSON: `listeners`, how many they are; `events`, the ids of all events; `lost`,
how many tellings of one of them to a listener are missing; `doubled`, how many came again.

Usage: followers.py PORT COUNT SILENT VANISHING
"""

import collections
import json
import re
import resource
import selectors
import signal
import socket
import struct
import sys

REQUEST = (
    b"GET /v1/notifications/stream HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n")
BEGUN = b"event: resumed"
EVENT = re.compile(rb'"eventId":\s*"([0-9a-f]+)"')
# Nobody needs it for longer.
LIFETIME_SECONDS = 240


class Listener:
    # How many were told of so many events.
    reached = collections.Counter()

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.sendall(REQUEST)
        self.socket.setblocking(False)
        self.text = b""
        self.told = []
        self.begun = False

    def read(self):
        """What came is kept until its message is whole; `False` at the end."""
        try:
            more = self.socket.recv(1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        messages = (self.text + more).split(b"\n\n")
        self.text = messages.pop()
        for message in messages:
            for event in EVENT.findall(message)[:1]:
                self.told.append(event)
                self.reached[len(self.told)] += 1
            self.begun = self.begun or BEGUN in message
        return bool(more)

    def reset(self):
        """Goes as a machine does whose power fails: the other side hears of it by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def allow(descriptors):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, descriptors)), hard))


def main():
    port, count, silent, vanishing = (int(argument) for argument in sys.argv[1:])
    allow(count + 64)
    signal.alarm(LIFETIME_SECONDS)
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    awaited = {signal.SIGUSR1, signal.SIGTERM}
    for number in awaited:
        signal.signal(number, lambda *_: None)
    # Whoever starts this may have kept them back.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
    selector = selectors.DefaultSelector()
    selector.register(woken, selectors.EVENT_READ)

    listeners = []
    # Kept open, and not read once all have begun.
    still = []
    waiting = count
    told = 0
    for _ in range(count):
        listener = Listener(port)
        listeners.append(listener)
        selector.register(listener.socket, selectors.EVENT_READ, listener)
    while True:
        for key, _ in selector.select():
            listener = key.data
            if listener is None:
                if woken.recv(1)[0] == signal.SIGTERM:
                    return report(listeners)
                for gone in listeners[:vanishing]:
                    selector.unregister(gone.socket)
                    gone.reset()
                    Listener.reached.subtract(range(1, len(gone.told) + 1))
                del listeners[:vanishing]
                print("gone", flush=True)
                continue
            had_begun = listener.begun
            if not listener.read():
                selector.unregister(listener.socket)
            if listener.begun and not had_begun:
                waiting -= 1
                if waiting == 0:
                    still += listeners[count - silent:]
                    del listeners[count - silent:]
                    for other in still:
                        selector.unregister(other.socket)
                    print("open", flush=True)
        while listeners and Listener.reached[told + 1] == len(listeners):
            told += 1
            print(f"all {told}", flush=True)


def report(listeners):
    events = sorted({event for listener in listeners for event in listener.told})
    lost = sum(len(set(events) - set(listener.told)) for listener in listeners)
    doubled = sum(len(listener.told) - len(set(listener.told)) for listener in listeners)
    print(json.dumps({
        "listeners": len(listeners), "events": [event.decode() for event in events],
        "lost": lost, "doubled": doubled}), flush=True)


main()
