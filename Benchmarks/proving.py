"""Proves that a universe's backfill may be killed at any time (`Scripts/prove-universe.sh`).

A universe resampled from the bundled returns is written twice: undisturbed, and by runs of which
each is killed by SIGKILL once the store holds a part of it, until one gets to the end. Then every
row of the one is held against the other, and markets of it are verified by `bloasis verify`. A line
is printed for each step; a difference ends it with 1.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import resampling
import run
import servers
import watching

POLL_SECONDS = 0.02
# Parts of the markets that are begun when a run is killed.
PARTS = [0.02, 0.25, 0.5, 0.75]
VERIFIED_MARKETS = 3
TRAINED_UNTIL = "1999-12-31"
TRAINING_STOCK = "AAPL"
# Set by the clock or counted by run: what differs between two runs that wrote the same.
APART = {
    "recorded_at", "adopted_at", "announced_at", "writes", "source_writes"}
BEGUN = "SELECT count(*) FROM series WHERE last_as_of IS NOT NULL"
KEYS = {
    "series": "market", "models": "market, model_version",
    "active_models": "market, active_from, revision", "bars": "market, timestamp, revision",
    "market_regimes": "market, as_of, revision, model_version",
    "regime_changes": "market, as_of, revision"}


class SQLite:
    """The embedded store in a folder."""

    def __init__(self, folder):
        self.file = folder / "store" / "bloasis.sqlite"
        self.variables = run.environment(folder) | {"BLOASIS_HOME": str(folder / "store")}

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as store:
            yield from ("|".join(map(str, row)) for row in store.execute(query))

    def columns(self, table):
        return list(self.rows(f"SELECT name FROM pragma_table_info('{table}') ORDER BY name"))

    def begun(self):
        """Markets that have answers; 0 before there are tables."""
        try:
            return int(next(self.rows(BEGUN)))
        except sqlite3.OperationalError:
            return 0


class Postgres:
    """A database of the server's."""

    def __init__(self, folder, server, name):
        self.server, self.name = server, name
        server.sql(f"CREATE DATABASE {name}")
        self.variables = run.environment(folder) | {"DATABASE_URL": server.url(name)}

    def rows(self, query):
        """A line a row, in the order of the query; not all in memory."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v",
                   "FETCH_COUNT=10000", "-d", self.server.url(self.name), "-c", query]
        with servers.running(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            for line in process.stdout:
                yield line.rstrip("\n")
            if process.wait():
                raise LookupError(query)

    def columns(self, table):
        return list(self.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND "
            f"table_name = '{table}' ORDER BY column_name"))

    def begun(self):
        try:
            return int(next(self.rows(BEGUN)))
        except LookupError:
            return 0


class Proof:
    def __init__(self, arguments, folder):
        self.program, self.markets, self.bars = (
            arguments.program, arguments.markets, arguments.bars)
        self.folder = folder
        self.universe = folder / "universe.csv"
        servers.run(
            sys.executable, pathlib.Path(resampling.__file__), self.universe, "--markets",
            self.markets, "--bars", self.bars)
        self.command = [self.program, "backfill", "--universe", self.universe, "--json"]
        if arguments.model == "fixed":
            model = folder / "model.json"
            servers.run(
                self.program, "fit", "--csv", resampling.STOCKS, "--market", TRAINING_STOCK, "--to",
                TRAINED_UNTIL, "--out", model, env=run.environment(folder), cwd=folder)
            self.command += ["--model", model]
        self.settings = {"BLOASIS_MODEL": "rules"} if arguments.model == "rules" else {}

    def write(self, store, title):
        """To the end."""
        output = self.folder / "summary.json"
        took = watching.watched(
            self.command, output, env=store.variables | self.settings, cwd=self.folder)
        summary = json.loads(output.read_text())
        if summary["written"] + summary["unchanged"] != self.markets:
            sys.exit(f"{title}: {summary}")
        say(f"{title}: {summary['newAssessments']:,} new answers, {summary['unchanged']:,} markets "
            f"passed over, {took.seconds:,.1f} s, {rate(self, took)}, peak {mebibytes(took.peak)}")

    def kill(self, store, part):
        """Kills a run once a part of the markets is begun."""
        wanted, peak, start = max(1, round(part * self.markets)), 0, time.perf_counter()
        with servers.running(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=store.variables | self.settings, cwd=self.folder
        ) as process:
            while process.poll() is None and store.begun() < wanted:
                peak = max(peak, watching.most_memory(process.pid))
                time.sleep(POLL_SECONDS)
            peak = max(peak, watching.most_memory(process.pid))
            process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                sys.exit(f"ended with {process.returncode} before {wanted:,} markets were begun")
        say(f"killed at {store.begun():,} of {self.markets:,} markets after "
            f"{time.perf_counter() - start:,.1f} s, peak {mebibytes(peak)}")

    def verify(self, store, all_markets):
        step = max(1, self.markets // VERIFIED_MARKETS)
        names = [resampling.name(market) for market in range(0, self.markets, step)]
        chosen = [[]] if all_markets else [
            ["--market", name] for name in names[:VERIFIED_MARKETS]]
        output, answers, peak = self.folder / "verified.json", 0, 0
        for words in chosen:
            took = watching.watched(
                [self.program, "verify", "--json", *words], output, env=store.variables,
                cwd=self.folder)
            reports = json.loads(output.read_text())
            answers += sum(report["answers"] for report in reports)
            peak = max(peak, took.peak)
        say(f"verified {'all' if all_markets else len(chosen)} markets: {answers:,} answers the "
            f"same, bit for bit, peak {mebibytes(peak)}")


def say(line):
    print(line, flush=True)


def mebibytes(size):
    return f"{size / (1 << 20):,.0f} MiB"


def rate(proof, took):
    return f"{proof.markets * proof.bars / took.seconds:,.0f} bars/s"


def digests(store, table):
    """Rows of a table, and a digest of them for each market."""
    columns = [name for name in store.columns(table) if name not in APART]
    # The market first, for the digest it counts to.
    columns.remove("market")
    names = ", ".join(["market", *(f'"{name}"' for name in columns)])
    found, count = {}, 0
    for row in store.rows(f"SELECT {names} FROM {table} ORDER BY {KEYS[table]}"):
        market = row.partition("|")[0]
        found.setdefault(market, hashlib.sha256()).update(row.encode() + b"\n")
        count += 1
    return count, {market: digest.hexdigest() for market, digest in found.items()}


def compare(resumed, whole, proof):
    for table in KEYS:
        (count, mine), (expected, theirs) = digests(resumed, table), digests(whole, table)
        others = [
            market for market in sorted(mine | theirs) if mine.get(market) != theirs.get(market)]
        if count != expected or others:
            sys.exit(f"{table}: {count:,} rows instead of {expected:,}; others in {others[:5]}")
        say(f"{table}: {count:,} rows, each the same in both")
        least = proof.markets * (proof.bars if table in ("bars", "market_regimes") else 1)
        if table in ("bars", "market_regimes", "series") and count != least:
            sys.exit(f"{table}: {count:,} rows, where {least:,} are due")


def prove(arguments, folder, server):
    def store(name):
        home = folder / name
        home.mkdir()
        return Postgres(home, server, name) if server else SQLite(home)

    proof = Proof(arguments, folder)
    resumed, whole = store("resumed"), store("whole")
    for part in PARTS:
        proof.kill(resumed, part)
    proof.write(resumed, "resumed")
    proof.write(resumed, "again")
    proof.write(whole, "undisturbed")
    compare(resumed, whole, proof)
    proof.verify(resumed, arguments.verify_all)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("markets", type=int)
    parser.add_argument("bars", type=int)
    parser.add_argument("store", choices=["sqlite", "postgres"])
    parser.add_argument("--program", type=pathlib.Path, default=run.PROGRAM)
    parser.add_argument("--model", choices=["fixed", "rules", "walk"], default="fixed")
    parser.add_argument(
        "--verify-all", action="store_true",
        help=f"verify all markets instead of {VERIFIED_MARKETS}")
    arguments = parser.parse_args()
    if arguments.markets < 20:
        parser.error("20 markets at least: fewer are written before they can be killed")
    if not 1 <= arguments.bars <= resampling.bars_most():
        parser.error(f"1 to {resampling.bars_most():,} bars")
    if not arguments.program.exists():
        sys.exit(f"{arguments.program} is missing: make build")
    arguments.program = arguments.program.resolve()
    return arguments


def main():
    arguments = read_arguments()
    with contextlib.ExitStack() as ended:
        postgres = arguments.store == "postgres"
        server = ended.enter_context(servers.postgres()) if postgres else None
        folder = ended.enter_context(tempfile.TemporaryDirectory(prefix="bloasis-proof-"))
        prove(arguments, pathlib.Path(folder), server)
    say(f"proved on {arguments.store}; {run.machine()}, load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
