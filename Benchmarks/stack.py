"""Times the full stack against the raw tools of its servers (`make bench-stack`).

Both sides of a row take turns in one run, so that a slow minute of the machine hits both, and a
ratio is that of one turn. Nothing here fails a run: a clock says how it was, on this machine.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import run
import servers
from tables import median, quantile, rates_row, spread, table, verdict

ROOT = pathlib.Path(__file__).resolve().parent.parent
TURNS_MINIMUM = 5
RUN_LIMIT_SECONDS = 300

LOADS = [(250, 100_000), (10_000, 100_000)]
LOAD_GOAL = 0.8
RELAY_ROWS = 50_000
RELAY_GOAL = 0.5
HITS = 1_000_000
HIT_GOAL_SECONDS = 1e-6
SHARED_HITS = 20_000
SHARED_HIT_GOAL = 1.5
CHANGES = 60
LIVE_GOAL_SECONDS = 0.010


class Stack:
    """The servers that last, our program that does the work, and a folder for files."""

    def __init__(self, arguments, postgres, redis, folder):
        self.program, self.turns = arguments.program, arguments.turns
        self.postgres, self.redis = postgres, redis
        self.folder = pathlib.Path(folder)

    def work(self, *words, env=None):
        """What one piece of our work took."""
        return json.loads(servers.run(self.program, *words, timeout=RUN_LIMIT_SECONDS, env=env))


# MARK: - Bulk load

TABLE = "market_regimes"
MARKET = "LOAD"
LATEST = f"SELECT DISTINCT ON (as_of) * FROM {TABLE} ORDER BY as_of, revision DESC"


def psql_seconds(stack, database, script):
    """Seconds of the statements of a script, as psql itself times them."""
    text = stack.postgres.psql(database, "-f", "-", input="\\timing on\n" + script)
    return sum(float(time) for time in re.findall(r"^Time: ([0-9.]+) ms", text, re.M)) / 1000


def pieces(stack, database, query, rows, batch):
    """Files of a batch each, with the rows of a query, in the text format."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=stack.folder))
    for first in range(0, rows, batch):
        file = folder / f"{first:09}"
        part = f"SELECT * FROM ({query}) AS latest ORDER BY as_of OFFSET {first} LIMIT {batch}"
        stack.postgres.psql(database, "-c", f"\\copy ({part}) TO '{file}'")
    return sorted(folder.iterdir())


def copy_in(files):
    return "".join(f"\\copy {TABLE} FROM '{file}'\n" for file in files)


def merge_in(files):
    """By a staging table: rows that are there already stay as they are."""
    return "".join(
        f"BEGIN;\nCREATE TEMP TABLE staged (LIKE {TABLE}) ON COMMIT DROP;\n"
        f"\\copy staged FROM '{file}'\n"
        f"INSERT INTO {TABLE} SELECT * FROM staged ON CONFLICT DO NOTHING;\nCOMMIT;\n"
        for file in files)


def turns_of_load(stack, work, template, rows, batch, script):
    ours, peer = [], []
    for _ in range(stack.turns):
        with stack.postgres.copy_of(template) as turn:
            ours.append(rows / stack.work(work, stack.postgres.url(turn), MARKET, rows, batch)[
                "seconds"])
        with stack.postgres.copy_of(template) as turn:
            peer.append(rows / psql_seconds(stack, turn, script))
    return ours, peer


def loads(stack):
    postgres = stack.postgres
    for batch, rows in LOADS:
        postgres.sql("CREATE DATABASE loaded")
        stack.work("load", postgres.url("loaded"), MARKET, rows, batch)
        with postgres.copy_of("loaded", "again") as again:
            stack.work("again", postgres.url(again), MARKET, rows, batch)
            restated = pieces(stack, again, LATEST, rows, batch)
        fresh = pieces(stack, "loaded", LATEST, rows, batch)
        postgres.sql("CREATE DATABASE blank TEMPLATE loaded")
        postgres.sql(f"TRUNCATE {TABLE}", "UPDATE series SET last_as_of = NULL", database="blank")
        ours, peer = turns_of_load(stack, "load", "blank", rows, batch, copy_in(fresh))
        yield rates_row(
            f"Bulk load into an empty range, {batch:,} assessments a transaction", ours, peer,
            "psql `\\copy`", LOAD_GOAL)
        ours, peer = turns_of_load(stack, "again", "loaded", rows, batch, merge_in(restated))
        yield rates_row(
            f"Again over the same rows, 1 % of them restated, {batch:,} a transaction", ours,
            peer, "psql `\\copy` to a temporary table, `INSERT … ON CONFLICT`", None)
        for database in ("blank", "loaded"):
            postgres.sql(f"DROP DATABASE {database} WITH (FORCE)")


# MARK: - Relay

def performance_tool():
    done = subprocess.run(
        [ROOT / "Scripts" / "build-rdkafka-performance.sh"], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"No peer for the relay: {done.stderr.strip()}", file=sys.stderr)
        return None
    return done.stdout.strip()


def performance_rate(tool, broker, rows, size):
    """Messages a second that librdkafka's own tool has acknowledged by all replicas."""
    text = servers.run(
        tool, "-P", "-t", "regime-change", "-b", broker, "-c", rows, "-s", size, "-a", "-1",
        "-X", "enable.idempotence=true", "-q", "-i", 600_000, timeout=RUN_LIMIT_SECONDS)
    found = re.search(r"(\d+) delivered \(.* in (\d+)ms", text)
    if not found or int(found[1]) != rows:
        sys.exit(f"{tool}: {text}")
    return rows / (int(found[2]) / 1000)


@contextlib.contextmanager
def full_file(stack, original):
    with tempfile.TemporaryDirectory(dir=stack.folder) as folder:
        yield shutil.copy(original, folder)


def relays(stack):
    tool = performance_tool()
    stack.postgres.sql("CREATE DATABASE outbox")
    file = stack.folder / "outbox.sqlite"
    stack.work("fill", stack.postgres.url("outbox"), RELAY_ROWS)
    filled = stack.work("fill", file, RELAY_ROWS)
    size = round(filled["bytes"])
    stores = {
        "PostgreSQL": lambda: stack.postgres.copy_of("outbox"),
        "SQLite": lambda: full_file(stack, file),
    }
    rates = {name: [] for name in stores}
    peer = []
    for _ in range(stack.turns):
        for name, store in stores.items():
            # A new broker for each: noida-db writes all it has to its disk again and again, so
            # whoever comes later would have less of the processors.
            with store() as turn, servers.broker() as broker:
                place = stack.postgres.url(turn) if name == "PostgreSQL" else turn
                took = stack.work("relay", place, broker)
            if took["rows"] != RELAY_ROWS:
                sys.exit(f"{took['rows']} rows were relayed of {RELAY_ROWS}")
            rates[name].append(took["rows"] / took["seconds"])
        if tool:
            with servers.broker() as broker:
                peer.append(performance_rate(tool, broker, RELAY_ROWS, size))
    stack.postgres.sql("DROP DATABASE outbox")
    for name, ours in rates.items():
        title = f"Relay of {RELAY_ROWS:,} rows of {size:,} bytes from {name}"
        if peer:
            yield rates_row(title, ours, peer, "`rdkafka_performance -P -a -1`", RELAY_GOAL)
        else:
            yield [title, f"{median(ours):,.0f}/s", "not to be had", "", f"≥ {RELAY_GOAL}", ""]


# MARK: - Cache

def benchmark_median(stack, *command):
    """The median latency that redis-benchmark tells of one client, in seconds."""
    text = servers.run(
        "redis-benchmark", "-h", "127.0.0.1", "-p", stack.redis, "-c", 1, "-n", SHARED_HITS,
        "--csv", "--precision", 3, *command)
    return float(list(csv.DictReader(io.StringIO(text)))[0]["p50_latency_ms"]) / 1000


def hits(stack):
    took = [stack.work("hits", HITS)["seconds"] for _ in range(stack.turns)]
    yield [
        "Hit of the tier in the process", f"{median(took) * 1e9:,.0f} ns", "", "",
        f"< {HIT_GOAL_SECONDS * 1e9:,.0f} ns", verdict(median(took) < HIT_GOAL_SECONDS),
    ]
    key = "market:regime:current:SPX:1d"
    rows = {
        "get": ("Redis: GET by our client", ["GET", key]),
        "entry": ("Redis hit: value and version", ["MGET", key, key + "#version"]),
        "answer": ("Redis hit through the tiers", ["MGET", key, key + "#version"]),
    }
    ours = {name: [] for name in rows}
    peer = {name: [] for name in rows}
    for _ in range(stack.turns):
        figures = stack.work("shared-hits", "127.0.0.1", stack.redis, SHARED_HITS)
        for name, (_, command) in rows.items():
            ours[name].append(median(figures[name]))
            peer[name].append(benchmark_median(stack, *command))
    for name, (title, command) in rows.items():
        ratios = [mine / theirs for mine, theirs in zip(ours[name], peer[name])]
        yield [
            f"{title}, one after the other, p50", f"{median(ours[name]) * 1e6:,.1f} µs",
            f"{median(peer[name]) * 1e6:,.1f} µs (`redis-benchmark -c 1 {command[0]}`)",
            spread(ratios), f"≤ {SHARED_HIT_GOAL}",
            verdict(median(ratios) <= SHARED_HIT_GOAL),
        ]


# MARK: - The live path

# noida-db tells its consumers of a message at once, and answers a Fetch without any at once too, so
# that each consumer and the broker ask and answer all the time; the mock broker answers when the
# wait that was asked for is over.
LIVE_BROKERS = [
    ("noida-db", lambda stack: servers.broker(), {}),
    ("librdkafka's mock broker, fetch.wait.max.ms=1",
     lambda stack: servers.mock_broker(stack.program), {"KAFKA_FETCH_WAIT_MAX_MS": "1"}),
]


def live(stack):
    """Bar in to event out, with `serve` between two topics, a bar at a time. Each turn begins anew,
    and has a dozen bars for each change."""
    told = {name: [] for name, _, _ in LIVE_BROKERS}
    committed = {name: [] for name, _, _ in LIVE_BROKERS}
    for turn in range(stack.turns):
        for number, (name, broker, properties) in enumerate(LIVE_BROKERS):
            with broker(stack) as address:
                took = live_turn(stack, f"live{turn}x{number}", address, properties)
            told[name].append(took["told"])
            committed[name].append(took["committed"])
    for name, _, _ in LIVE_BROKERS:
        yield from live_rows(f"Live ({name}): bar in to event out", told[name], LIVE_GOAL_SECONDS)
        yield from live_rows(
            f"Live ({name}): bar in to assessment seen in the store", committed[name], None)


def live_turn(stack, database, broker, properties):
    market = database.upper()
    stack.postgres.sql(f"CREATE DATABASE {database}")
    with tempfile.TemporaryDirectory(dir=stack.folder) as home:
        port = servers.free_port()
        variables = run.environment(home, port) | properties | {
            "DATABASE_URL": stack.postgres.url(database),
            "REDIS_URL": f"redis://127.0.0.1:{stack.redis}",
            "REDPANDA_BROKERS": broker, "BLOASIS_MODEL": "rules",
        }
        bars = pathlib.Path(home) / "bars.csv"
        bars.write_text(servers.run(stack.program, "bars"))
        servers.run(
            run.PROGRAM, "backfill", "--csv", bars, "--market", market, "--calendar", "24x7",
            "--emit", env=variables, cwd=home)
        with servers.running(
            [run.PROGRAM, "serve"], env=variables, cwd=home, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            run.await_ready(process, port)
            return stack.work(
                "live", broker, stack.postgres.url(database), market, CHANGES, env=variables)


def live_rows(title, turns, goal):
    """Quantiles of all turns together, in brackets those of single turns."""
    together = [figure for turn in turns for figure in turn]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figure = quantile(together, share) * 1000
        each = [quantile(turn, share) * 1000 for turn in turns]
        limit = goal * 1000 if goal and name == "p99" else None
        yield [
            f"{title}, {name} of {len(together):,}",
            f"{figure:.2f} ({min(each):.2f}–{max(each):.2f}) ms", "", "",
            f"< {limit:.0f} ms" if limit else "", verdict(figure < limit) if limit else "",
        ]


# MARK: - The table

PARTS = {"load": loads, "relay": relays, "hits": hits, "live": live}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True, help="bloasis-stack")
    parser.add_argument("--turns", type=int, default=7, help=f"at least {TURNS_MINIMUM}")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part of the table")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.turns < TURNS_MINIMUM:
        parser.error(
            f"--turns {arguments.turns}: a median of fewer than {TURNS_MINIMUM} says little")
    load = os.getloadavg()[0]
    rows = []
    with (
        servers.postgres() as postgres, servers.redis() as redis,
        tempfile.TemporaryDirectory(prefix="bloasis-stack-") as folder,
    ):
        stack = Stack(arguments, postgres, redis, folder)
        for name in arguments.only or PARTS:
            for row in PARTS[name](stack):
                rows.append(row)
                print("| " + " | ".join(row) + " |", file=sys.stderr, flush=True)
    about = (
        f"{run.machine()}; load average {load:.1f} at the beginning. Medians of {arguments.turns} "
        "turns of both sides, in brackets the least and the largest. PostgreSQL "
        f"{postgres.version} with its defaults (fsync, synchronous_commit on), Redis without a "
        "disk, noida-db for Kafka where nothing else is said, all on this machine.")
    print(f"{table(rows)}\n\n{about}")
    if arguments.record:
        run.append(run.RESULTS, "the full stack", f"{table(rows)}\n\n{about}")


if __name__ == "__main__":
    main()
