"""Times how people are told of a change of regime (`make bench`).

Two things. Thousands of clients listen to `serve` by Server-Sent Events, from a process of their
own, and bars are posted that change the regime: how long until each client has the event. And a log
is full of such events: how fast the notifier brings them into the inbox, against the relay that
brought the same events from the outbox into the log. A lost or repeated event ends the run; a slow
one doesn't: a clock says how it was, on this machine.
"""

import argparse
import contextlib
import datetime
import http.client
import json
import math
import os
import pathlib
import queue
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import run
import servers
from tables import median, quantile, rates_row, spread, table, verdict

ROOT = pathlib.Path(__file__).resolve().parent.parent
TURNS_MINIMUM = 5
LISTENERS = 10_000
CHANGES = 20
# With the first ones memory is taken and code is loaded.
UNCOUNTED = 2
TOLD_GOAL_SECONDS = 0.5
LIMIT_SECONDS = 60

# What `serve` keeps for connections that are no streams, by both doors, and for files.
OTHER_FILES = 1_024 + 1_024 + 256

MARKETS = 10
LOG_BARS = 9_000
PROBE_SECONDS = 0.002


# MARK: - Bars

WARM_UP = 600
# Bars of one kind in a row: the dwell of a label, and one.
STRETCH = 11
FIRST_CLOSE = datetime.datetime(1999, 1, 2, tzinfo=datetime.timezone.utc)


def bar(number):
    """A daily bar, by its close. The VIX is high and low in turn, so that the rules change the
    label as often as hysteresis lets them; prices are calmer from bar to bar, and change
    nothing."""
    swing = 0.005 * math.exp(-number / 1_000)
    close = 1_000 * math.exp(-swing if number % 2 else swing)
    vix = 60.0 if number // STRETCH % 2 else 12.0
    return FIRST_CLOSE + datetime.timedelta(days=number), close, vix


def write_bars(folder, count):
    """Files of the first bars, and of what the VIX was."""
    prices, fear = folder / "bars.csv", folder / "vix.csv"
    with prices.open("w") as bars, fear.open("w") as values:
        bars.write("date,open,high,low,close,volume\n")
        values.write("date,vix\n")
        for number in range(count):
            instant, close, vix = bar(number)
            day = (instant - datetime.timedelta(days=1)).date()
            bars.write(f"{day},{close},{close * 1.001},{close * 0.999},{close},1000000\n")
            values.write(f"{day},{vix}\n")
    return prices, fear


def environment(home, port=None):
    return run.environment(home, port) | {"BLOASIS_MODEL": "rules"}


def backfill(home, files, market):
    prices, fear = files
    servers.run(
        run.PROGRAM, "backfill", "--csv", prices, "--market", market, "--calendar", "24x7",
        "--exogenous", f"vix={fear}", "--emit", "--quiet", env=environment(home), cwd=home)


# MARK: - Server

@contextlib.contextmanager
def serving(home, *words, **variables):
    port = servers.free_port()
    with servers.running(
        [run.PROGRAM, "serve", *words], env=environment(home, port) | variables, cwd=home,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:
        run.await_ready(process, port)
        yield process, port


class Asking:
    """One connection to a server's API."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)

    def answer(self, method, path, body=None):
        content = json.dumps(body) if body else None
        fields = {"Content-Type": "application/json"} if body else {}
        self.connection.request(method, path, content, fields)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{method} {path}: {answer.status}: {text.decode()}")
        return json.loads(text)

    def post_bar(self, market, number):
        """Seconds on the steady clock when it was sent, and when it was answered."""
        instant, close, vix = bar(number)
        body = {"bars": [{
            "market": market, "timestamp": instant.strftime("%Y-%m-%dT%H:%M:%SZ"), "open": close,
            "high": close * 1.001, "low": close * 0.999, "close": close, "volume": 1e6,
            "exogenous": {"vix": vix}}]}
        sent = time.monotonic()
        self.answer("POST", "/v1/market-data/bars", body)
        return sent, time.monotonic()

    def sequence(self, market):
        return int(self.answer("GET", f"/v1/market-regime/current?market={market}")["sequence"])


def resident(process):
    """Bytes of a process that are in memory."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", text, re.M)[1]) << 10


def worked(process):
    """Seconds that a process has had of processors (proc(5): fields 14 and 15 of stat)."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# MARK: - Listeners

class Crowd:
    """The process of the listeners."""

    def __init__(self, process):
        self.process = process
        self.lines = queue.Queue()
        self.heard = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put("")

    def line(self, waiting_for):
        try:
            line = self.lines.get(timeout=LIMIT_SECONDS)
        except queue.Empty:
            line = ""
        return line or sys.exit(f"the listeners did not say: {waiting_for}")

    def await_open(self):
        if (line := self.line("open")) != "open":
            sys.exit(line)

    def await_heard(self, count):
        """Until all have heard so many."""
        while self.heard < count:
            self.heard = int(self.line(f"heard {count}").split()[1])

    def summary(self):
        self.process.stdin.close()
        return json.loads(self.line("what they heard"))


@contextlib.contextmanager
def listening(port, count):
    command = [sys.executable, ROOT / "Benchmarks" / "listeners.py", port, count]
    with servers.running(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Crowd(process)


def allow_files(listeners):
    """Lets this process's children open as many files as are needed."""
    needed = listeners + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(
            f"{listeners} listeners need {needed} open files in one process, {hard} are allowed: "
            f"raise the hard limit (ulimit -Hn), or take fewer (--listeners "
            f"{max(hard - OTHER_FILES, 0)})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def telling(folder, listeners, changes):
    """Seconds from posting the bar to each listener, a list for each change; those until the bar
    was answered; memory and processor time."""
    home = folder / "home"
    home.mkdir()
    market = "TOLD"
    backfill(home, write_bars(folder, WARM_UP), market)
    variables = {"HTTP_STREAMS": str(listeners + 1), "HTTP_STREAMS_PER_CLIENT": str(listeners + 1)}
    with serving(home, **variables) as (server, port):
        asking = Asking(port)
        await_told(home, asking.sequence(market))
        rest = resident(server)
        start = time.monotonic()
        with listening(port, listeners) as crowd:
            crowd.await_open()
            opening = time.monotonic() - start
            open_memory = resident(server)
            before = [worked(process) for process in (server, crowd.process)]
            causes = changes_by_bars(asking, market, crowd, changes + UNCOUNTED)
            after = [worked(process) for process in (server, crowd.process)]
            busy_memory = resident(server)
            heard = crowd.summary()
    check(heard, changes + UNCOUNTED)
    told = [
        [instant - sent for instant in arrivals]
        for (sent, _), arrivals in zip(causes, heard["arrivals"])]
    answered = [answered - sent for sent, answered in causes]
    return {
        "told": told[UNCOUNTED:], "answered": answered[UNCOUNTED:], "opening": opening,
        "rest": rest, "open": (open_memory - rest) / listeners,
        "busy": (busy_memory - rest) / listeners,
        "work": [(late - early) / listeners / (changes + UNCOUNTED)
                 for early, late in zip(before, after)],
    }


def changes_by_bars(asking, market, crowd, count):
    """Posts a bar at a time until so many have changed the regime: when each of these was sent, and
    answered. The next bar waits until all have heard of a change."""
    causes, number = [], WARM_UP
    known = asking.sequence(market)
    while len(causes) < count:
        if number > WARM_UP + 2 * STRETCH * (count + 1):
            sys.exit(f"{number - WARM_UP} bars changed the regime {len(causes)} times")
        cause = asking.post_bar(market, number)
        number += 1
        now = asking.sequence(market)
        if now > known:
            causes.append(cause)
            crowd.await_heard(len(causes))
        known = now
    return causes


def check(heard, changes):
    """Everybody has heard of every change once, in their order."""
    wrong = {name: heard[name] for name in ("missed", "doubled", "disordered", "lost")}
    if any(wrong.values()) or len(heard["ids"]) != changes:
        sys.exit(f"of {changes} changes {len(heard['ids'])} were told: {wrong}")


def telling_rows(took, listeners):
    together = [seconds for arrivals in took["told"] for seconds in arrivals]
    title = f"Bar posted to change told, {listeners:,} listeners"
    for name, share in (("p50", 0.5), ("p99", 0.99), ("the last", 1)):
        figure = quantile(together, share)
        each = [quantile(arrivals, share) * 1000 for arrivals in took["told"]]
        goal = TOLD_GOAL_SECONDS if name == "p99" else None
        yield [
            f"{title}: {name} of {len(together):,}", f"{figure * 1000:,.0f} ms",
            f"{min(each):,.0f}–{max(each):,.0f} ms", f"< {goal * 1000:,.0f} ms" if goal else "",
            verdict(figure < goal) if goal else "",
        ]
    answers = [seconds * 1000 for seconds in took["answered"]]
    yield ["The bar's own answer, the change committed", f"{median(answers):,.0f} ms",
           f"{min(answers):,.0f}–{max(answers):,.0f} ms", "", ""]
    yield ["Missed, told twice, out of order", "0", "", "0", "reached"]
    for name, seconds in zip(("the server's", "the listeners'"), took["work"]):
        yield [f"Processor time for one listener and change, {name}", f"{seconds * 1e6:,.1f} µs",
               "", "", ""]
    yield [f"Until {listeners:,} streams had begun", f"{took['opening']:,.1f} s", "", "", ""]
    yield ["Memory of the server, at rest", f"{took['rest'] / (1 << 20):.1f} MiB", "", "", ""]
    yield ["A listener's, when all had begun", f"{took['open'] / 1024:.1f} KiB", "", "", ""]
    yield ["A listener's, when all was told", f"{took['busy'] / 1024:.1f} KiB", "", "", ""]


# MARK: - The notifier and the relay

RELAYED = "SELECT position FROM outbox_relayed"
LOGGED = "SELECT count(*) FROM events"
TOLD = "SELECT last FROM notification_span"


@contextlib.contextmanager
def looking(home):
    """Looks into a store without touching it."""
    connection = sqlite3.connect(f"file:{home}/bloasis.sqlite?mode=ro", uri=True)
    try:
        yield lambda query: connection.execute(query).fetchone()[0]
    finally:
        connection.close()


def await_told(home, count):
    with looking(home) as look:
        end = time.monotonic() + LIMIT_SECONDS
        while look(TOLD) < count:
            if time.monotonic() > end:
                sys.exit(f"{look(TOLD)} of {count} changes are in the inbox")
            time.sleep(PROBE_SECONDS)


def full_outbox(folder):
    """A store whose outbox is full of changes that are in no log yet, and how many they are."""
    home = folder / "full"
    home.mkdir()
    files = write_bars(folder, LOG_BARS)
    for number in range(MARKETS):
        backfill(home, files, f"LOG{number}")
    # The program relays what it announces before it ends.
    with contextlib.closing(sqlite3.connect(home / "bloasis.sqlite")) as store, store:
        count = store.execute("SELECT count(*) FROM outbox").fetchone()[0]
        logged = store.execute(LOGGED).fetchone()[0]
        if not count or count != logged:
            sys.exit(f"of {count} announced changes {logged} are in the log")
        store.execute("DELETE FROM events")
        store.execute("UPDATE outbox_relayed SET position = 0")
    return home, count


def rate(home, service, query, count):
    """Rows a second, from the first look that sees some to the one that sees all."""
    with serving_at_once(home, service) as process, looking(home) as look:
        first = None
        end = time.monotonic() + LIMIT_SECONDS
        while True:
            done, instant = look(query), time.monotonic()
            if first is None and done > 0:
                first = (done, instant)
            if done >= count:
                break
            if process.poll() is not None or instant > end:
                sys.exit(f"serve {service}: {done} of {count} rows: {query}")
            time.sleep(PROBE_SECONDS)
    if done > count or first[0] >= count:
        sys.exit(f"serve {service}: {done} rows of {count}, {first[0]} at first: {query}")
    return (count - first[0]) / (instant - first[1])


@contextlib.contextmanager
def serving_at_once(home, service):
    """One that may have work before it is ready."""
    with servers.running(
        [run.PROGRAM, "serve", service], env=environment(home, servers.free_port()), cwd=home,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:
        yield process


def filling(folder, turns):
    """Rates of the relay and the notifier, each alone with the same events, turn by turn."""
    original, count = full_outbox(folder)
    relayed, told = [], []
    for turn in range(turns):
        home = folder / f"turn{turn}"
        shutil.copytree(original, home)
        relayed.append(rate(home, "market-regime", RELAYED, count))
        with looking(home) as look:
            if look(LOGGED) != count or look(TOLD) != 0:
                sys.exit(f"{look(LOGGED)} of {count} events were relayed, {look(TOLD)} told")
        told.append(rate(home, "notification", TOLD, count))
        shutil.rmtree(home)
        print(f"relay {relayed[-1]:,.0f}/s, notifier {told[-1]:,.0f}/s", file=sys.stderr)
    return count, relayed, told


# MARK: - The tables

def measure(arguments, folder):
    load = os.getloadavg()[0]
    took = telling(folder, arguments.listeners, arguments.changes)
    count, relayed, told = filling(folder, arguments.turns)
    telling_table = table(
        telling_rows(took, arguments.listeners), ("a change", "", "range", "goal", ""))
    filling_table = table([rates_row(
        f"Notifier, {count:,} changes from the log into the inbox", told, relayed,
        "relay, outbox to log", None)])
    about = (
        f"{run.machine()}; load average {load:.1f} at the beginning. `serve` with a SQLite store "
        "of its own, all services in one process; the listeners, one Python process with raw "
        "sockets, share the cores with it. Bars are posted over HTTP one at a time, the rules find "
        "a change "
        f"in each {STRETCH}th or so; told is from just before the POST is written to when the "
        f"listener has read the event, over {arguments.changes} changes after {UNCOUNTED} that "
        "are not counted, the range over single changes. Memory: resident set. Rates: medians of "
        f"{arguments.turns} turns, in brackets the least and the largest ratio; `serve "
        "market-regime` relays what lies in the outbox, then `serve notification` tells everybody "
        "what lies in the log, a transaction for each event and one for its offset, each until the "
        "store has it all.")
    return f"{telling_table}\n\n{filling_table}\n\n{about}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listeners", type=int, default=LISTENERS)
    parser.add_argument("--changes", type=int, default=CHANGES)
    parser.add_argument("--turns", type=int, default=5, help=f"at least {TURNS_MINIMUM}")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.turns < TURNS_MINIMUM:
        parser.error(
            f"--turns {arguments.turns}: a median of fewer than {TURNS_MINIMUM} says little")
    if not run.PROGRAM.exists():
        sys.exit(f"{run.PROGRAM.relative_to(run.ROOT)} is missing: make build")
    allow_files(arguments.listeners)
    with tempfile.TemporaryDirectory(prefix="bloasis-notify-") as folder:
        text = measure(arguments, pathlib.Path(folder))
    print(f"\n{text}")
    if arguments.record:
        run.append(run.RESULTS, "from event to person", text)


if __name__ == "__main__":
    main()
