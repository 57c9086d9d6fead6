"""Sits at a terminal before the live screen, as a person with a shell does.

    live_screen.py SCENE PROGRAM [ARGUMENT…]

SCENE is what is done once the screen shows a series: `suspend` (Ctrl-Z and fg), `freeze` (SIGSTOP
and fg), `background` (Ctrl-Z and bg), `resize`, `hangup`, `log` (a line of the log comes), or the
name of a signal that ends it. Exit code 0
when all was as it should be; else 1, with what was not.
"""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

LIMIT_SECONDS = 30
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
ENTER = b"\x1b[?1049h"
HIDE = b"\x1b[?25l"
LEAVE = b"\x1b[?25h\x1b[?1049l"
TITLE = b"bloasis watch"
# Of a line of the screen, as the terminal passes it on; of any other text it is only the last two.
LINE_END = b"\x1b[K\r\r\n"


class Sitting:
    """A session of its own on a terminal, in which the program is a shell's foreground job."""

    def __init__(self, command, broker):
        self.seen = b""
        # Connects whoever asks, and says nothing before it is told to.
        self.broker = broker
        self.master, slave = pty.openpty()
        self.resize(20, 60)
        # The shell: leader of the session, whose terminal it is, and parent of the job, so that the
        # job can be stopped and continued.
        shell, orders = os.pipe()
        reports, told = os.pipe()
        self.shell = os.fork()
        if self.shell == 0:
            os.close(self.master)
            os.close(orders)
            os.close(reports)
            run_shell(slave, shell, told, command)
        os.close(slave)
        os.close(shell)
        os.close(told)
        self.orders, self.reports = orders, reports
        self.process = int(self.report().split()[1])

    def order(self, text):
        os.write(self.orders, text.encode() + b"\n")

    def report(self):
        """The next line that the shell says of its job."""
        line = b""
        while not line.endswith(b"\n"):
            if not select.select([self.reports, self.master], [], [], LIMIT_SECONDS)[0]:
                fail("the job did not change its state", self.seen)
            if select.select([self.master], [], [], 0)[0]:
                self.read()
            if select.select([self.reports], [], [], 0)[0]:
                piece = os.read(self.reports, 1)
                if not piece:
                    fail("the shell is gone", self.seen)
                line += piece
        return line.decode()

    def read(self):
        try:
            self.seen += os.read(self.master, 65536)
        except OSError:
            pass

    def wait(self, text, since=0):
        """Reads until a text stands behind a place; the place behind it."""
        end = time.monotonic() + LIMIT_SECONDS
        while text not in self.seen[since:]:
            if time.monotonic() > end:
                fail(f"{text!r} did not come", self.seen[since:])
            if select.select([self.master], [], [], 0.1)[0]:
                self.read()
        return self.seen.index(text, since) + len(text)

    def rest(self):
        """All that is written up to now."""
        while select.select([self.master], [], [], 0)[0]:
            before = len(self.seen)
            self.read()
            if len(self.seen) == before:
                return

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, byte):
        os.write(self.master, byte)

    def close(self):
        for process in (self.process, self.shell):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(self.shell, 0)


def run_shell(slave, orders, told, command):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(slave, descriptor)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        for number in ENDING + (signal.SIGTTOU, signal.SIGTSTP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.closerange(3, 64)
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execv(command[0], command)
    os.write(told, f"started {job}\n".encode())
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os.write(told, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
        os.tcsetpgrp(0, os.getpid())
        os.write(told, b"stopped\n")
        for order in os.read(orders, 64).decode().split():
            if order == "fg":
                os.tcsetpgrp(0, job)
            os.killpg(job, signal.SIGCONT)


def fail(what, seen):
    sys.exit(f"{what}; the terminal got:\n{seen[-4000:]!r}")


def check(holds, what, seen):
    if not holds:
        fail(what, seen)


def is_given_back(seen):
    """Whether the last word on the second screen and on the cursor is that they are left."""
    return seen.rfind(LEAVE) > max(seen.rfind(ENTER), seen.rfind(HIDE), seen.rfind(TITLE))


def state(process):
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


def stopped(sitting):
    check(sitting.report() == "stopped\n", "it was not stopped", sitting.seen)
    check(state(sitting.process) == "T", "its state is not T", sitting.seen)
    sitting.rest()


def ended(sitting, code):
    report = sitting.report()
    sitting.rest()
    check(report == f"ended {code}\n", f"{report!r} is not an end with {code}", sitting.seen)
    check(is_given_back(sitting.seen), "the terminal is not as it was", sitting.seen)


def suspend(sitting):
    for _ in range(2):
        sitting.type(b"\x1a")
        stopped(sitting)
        check(is_given_back(sitting.seen), "the shell gets another screen", sitting.seen)
        place = len(sitting.seen)
        sitting.order("fg")
        place = sitting.wait(ENTER + HIDE, place)
        sitting.wait(b"SPX/1d", sitting.wait(TITLE, place))
    sitting.type(b"\x03")
    ended(sitting, 0)


def freeze(sitting):
    os.kill(sitting.process, signal.SIGSTOP)
    stopped(sitting)
    place = len(sitting.seen)
    sitting.order("fg")
    sitting.wait(b"SPX/1d", sitting.wait(TITLE, sitting.wait(ENTER + HIDE, place)))
    sitting.type(b"\x03")
    ended(sitting, 0)


def background(sitting):
    sitting.type(b"\x1a")
    stopped(sitting)
    place = len(sitting.seen)
    sitting.order("bg")
    # It runs, and leaves the terminal to the shell, for longer than many frames take.
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if select.select([sitting.master], [], [], 0.05)[0]:
            sitting.read()
    check(state(sitting.process) != "T", "it does not go on", sitting.seen)
    check(len(sitting.seen) == place, "it writes from the background", sitting.seen)
    os.kill(sitting.process, signal.SIGTERM)
    ended(sitting, 0)


def resize(sitting):
    place = len(sitting.seen)
    sitting.resize(6, 30)
    start = sitting.wait(TITLE, place)
    end = sitting.wait(b"\x1b[J", start)
    lines = sitting.seen[start - len(TITLE) : end].split(LINE_END)
    text = [re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", line).decode() for line in lines]
    check(len(text) <= 6, "more lines than rows", sitting.seen[place:])
    check(max(map(len, text)) <= 30, "lines wider than the window", sitting.seen[place:])
    sitting.type(b"\x03")
    ended(sitting, 0)


def hangup(sitting):
    """The shell does not pass its own signal on, as after `disown`."""
    os.close(sitting.master)
    # From which nothing ever comes.
    sitting.master, _ = os.pipe()
    check(sitting.report().startswith("ended "), "it outlives its terminal", sitting.seen)


def log(sitting):
    """A broker that hangs up is told of in the log."""
    told = b"Kafka fault"
    first = sitting.wait(ENTER)
    # Whatever waits for the broker's first word, and whatever comes later, hears none.
    threading.Thread(target=hang_up, args=(sitting.broker,), daemon=True).start()
    sitting.wait(told, first)
    check(LEAVE not in sitting.seen[first:], "the screen is gone", sitting.seen)
    sitting.rest()
    shown = sitting.seen[first:].partition(LEAVE)[0]
    check(b"\n" not in shown.replace(LINE_END, b""), "a line ran through", shown)
    # Without brokers it ends by itself at last.
    sitting.type(b"\x03")
    check(sitting.report().startswith("ended "), "it goes on", sitting.seen)
    sitting.rest()
    check(told in sitting.seen[sitting.seen.rindex(LEAVE) :], "the log is lost", sitting.seen)


def hang_up(broker):
    while True:
        broker.accept()[0].close()


def ending(number, code):
    def scene(sitting):
        os.kill(sitting.process, number)
        ended(sitting, code)

    return scene


SCENES = {
    "suspend": suspend,
    "freeze": freeze,
    "background": background,
    "resize": resize,
    "hangup": hangup,
    "log": log,
    "SIGINT": ending(signal.SIGINT, 0),
    "SIGTERM": ending(signal.SIGTERM, 0),
    "SIGHUP": ending(signal.SIGHUP, 0),
    "SIGQUIT": ending(signal.SIGQUIT, -signal.SIGQUIT),
}


def main():
    with socket.create_server(("127.0.0.1", 0)) as broker:
        if sys.argv[1] == "log":
            os.environ["REDPANDA_BROKERS"] = "127.0.0.1:%d" % broker.getsockname()[1]
        play(Sitting(sys.argv[2:], broker))


def play(sitting):
    try:
        if sys.argv[1] != "log":
            sitting.wait(b"SPX/1d", sitting.wait(TITLE, sitting.wait(ENTER + HIDE)))
        SCENES[sys.argv[1]](sitting)
    finally:
        sitting.close()


main()
