"""Times the backfill of whole universes into PostgreSQL (`make bench-backfill`).

Three sides take turns in one run, so that a slow minute of the machine hits all: our backfill under
a model fitted before; raw COPY of exactly the rows that it wrote, into tables with the same
constraints and indexes; and a script of pandas, hmmlearn and psycopg that makes the same rows. A
ratio is that of one turn. A difference between what they write ends the run; a slow turn doesn't.
"""

import argparse
import contextlib
import importlib.metadata
import json
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass

import resampling
import run
import servers
from tables import median, rates_row, spread, table, verdict
from watching import RUN_LIMIT_SECONDS, watched

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / "Benchmarks" / "peers" / "backfill_pandas.py"
TURNS_MINIMUM = 3

COPY_GOAL = 0.8
PANDAS_GOAL = 20
MEMORY_GOAL_BYTES = 500 << 20
# Markets, then bars; those of one length and those of one width say whether time is linear.
SIZES = [(250, 5_000), (500, 5_000), (1_000, 5_000), (500, 1_250), (500, 2_500)]
FULL = (5_000, 5_000)
# How the script is written, and of how many markets of the universe it writes the first ones.
PEER_MARKETS = {"documented": 2, "tuned": 20}
VERIFIED_MARKETS = 3
TRAINED_UNTIL = "2000-01-01"
TRAINING_STOCK = "AAPL"

# A checkpoint in the middle of a turn would be chance: each turn begins with one instead.
SETTINGS = ["shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=1h"]
# Generous: rows with their indexes; rows as COPY has them; what the log may grow to.
STORED_BYTES, COPIED_BYTES, LOG_BYTES = 1_400, 1_100, 9 << 30
# In the order of their references.
TABLES = {
    "series": "market", "models": "market", "active_models": "market, active_from",
    "bars": "market, timestamp", "market_regimes": "market, as_of",
    "regime_changes": "market, as_of"}
PEER_PACKAGES = ["pandas", "numpy", "hmmlearn", "psycopg", "psycopg-binary", "orjson"]


class Bench:
    """What lasts: the server, the fitted model, an empty database of our schema, a folder."""

    def __init__(self, arguments, postgres, folder):
        self.program, self.connections = arguments.program, arguments.connections
        self.postgres, self.folder = postgres, pathlib.Path(folder)
        self.model = self.folder / "model.json"
        servers.run(
            self.program, "fit", "--csv", resampling.STOCKS, "--market", TRAINING_STOCK, "--to",
            TRAINED_UNTIL, "--out", self.model, env=run.environment(self.folder), cwd=self.folder)
        postgres.sql("CREATE DATABASE blank")
        servers.run(self.program, "migrate", env=self.variables("blank"), cwd=self.folder)

    def variables(self, database):
        return run.environment(self.folder) | {"DATABASE_URL": self.postgres.url(database)}

    def universe(self, markets, bars):
        """A generator's memory is not that of the runs: it has a process of its own."""
        path = self.folder / f"universe-{markets}x{bars}.csv"
        if not path.exists():
            servers.run(
                sys.executable, ROOT / "Benchmarks" / "resampling.py", path, "--markets", markets,
                "--bars", bars)
        return path

    def backfill(self, database, markets, bars):
        """Our side; checks that it wrote every bar."""
        output = self.folder / "summary.json"
        took = watched(
            [self.program, "backfill", "--universe", self.universe(markets, bars), "--model",
             self.model, "--threads", self.connections, "--json"],
            output, env=self.variables(database), cwd=self.folder)
        summary = json.loads(output.read_text())
        if (summary["written"], summary["newAssessments"]) != (markets, markets * bars):
            sys.exit(f"the backfill wrote {summary['newAssessments']:,} bars of "
                     f"{summary['written']:,} markets")
        return took

    def verify(self, database, markets):
        """Some markets anew, through the live path."""
        step = max(1, markets // VERIFIED_MARKETS)
        for market in list(range(0, markets, step))[:VERIFIED_MARKETS]:
            servers.run(
                self.program, "verify", "--market", resampling.name(market), "--json",
                env=self.variables(database), cwd=self.folder, timeout=RUN_LIMIT_SECONDS)

    def counts(self, database):
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in TABLES)
        text = self.postgres.sql(f"SELECT {counts}", database=database)
        return dict(zip(TABLES, map(int, text.strip().split("|"))))

    def expect(self, counts, database):
        found = self.counts(database)
        if found != counts:
            sys.exit(f"{database} holds {found} instead of {counts}")


# MARK: - Raw COPY

def export(bench, database, markets):
    """All rows in binary, in as many parts as there are connections; a market is in one part."""
    each = math.ceil(markets / bench.connections)
    parts = []
    for part in range(bench.connections):
        first, end = part * each, min((part + 1) * each, markets)
        if first >= end:
            break
        files = {name: bench.folder / f"{name}-{part}.copy" for name in TABLES}
        where = (f"market >= '{resampling.name(first)}' AND "
                 f"market < '{resampling.name(end - 1)}~'")
        for name, file in files.items():
            rows = f"SELECT * FROM {name} WHERE {where} ORDER BY {TABLES[name]}"
            bench.postgres.psql(database, "-c", f"\\copy ({rows}) TO '{file}' (FORMAT binary)")
        parts.append(files)
    return parts


def copy(bench, database, parts, connections):
    """Wall seconds of loading all parts, so many at a time."""
    scripts = [[] for _ in range(min(connections, len(parts)))]
    for number, files in enumerate(parts):
        scripts[number % len(scripts)] += [
            f"\\copy {name} FROM '{file}' (FORMAT binary)" for name, file in files.items()]
    paths = [bench.folder / f"copy-{number}.sql" for number in range(len(scripts))]
    for path, lines in zip(paths, scripts):
        path.write_text("\n".join(lines) + "\n")
    start = time.perf_counter()
    with contextlib.ExitStack() as running:
        processes = [
            running.enter_context(servers.running(
                ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", bench.postgres.url(database),
                 "-f", path]))
            for path in paths]
        if any([process.wait() for process in processes]):
            sys.exit("COPY failed")
    return time.perf_counter() - start


# MARK: - The pandas script

def pandas_rate(bench, database, written, markets, bars):
    """Bars a second of the script, which writes some of the markets."""
    output = bench.folder / "peer.json"
    # Reading a universe of which others are to be written would not be its own work.
    few = min(PEER_MARKETS[written], markets)
    watched(
        [sys.executable, PEER, bench.universe(few, bars), "--model", bench.model, "--url",
         bench.postgres.url(database), "--processes", bench.connections, "--written", written],
        output)
    told = json.loads(output.read_text())
    if told["bars"] != few * bars:
        sys.exit(f"the script wrote {told['bars']:,} bars of {few * bars:,}")
    return told["bars"] / told["seconds"]


# A rolling variance of pandas is a difference of sums.
DIFFERENCE = 1e-8
SAMPLE = """
    SELECT market, (as_of AT TIME ZONE 'America/New_York')::date AS day, regime, raw_regime,
        previous_regime, model_version, probabilities, indicators
    FROM market_regimes WHERE market < '{end}' ORDER BY market, as_of"""


def compare(bench, ours, peers, markets):
    """The labels of the script's markets are ours, and the numbers to 1e-8."""
    sides = [
        bench.postgres.sql(SAMPLE.format(end=resampling.name(markets)), database=database)
        for database in (ours, peers)]
    for one, other in zip(*[side.splitlines() for side in sides], strict=True):
        mine, theirs = one.split("|"), other.split("|")
        numbers = [[json.loads(text) for text in row[-2:]] for row in (mine, theirs)]
        if mine[:-2] != theirs[:-2] or not all(map(is_near, *numbers)):
            sys.exit(f"the script does other work than ours:\n{one}\n{other}")


def is_near(one, other):
    if list(one) != list(other):
        # A probability that is next to nothing may be nothing on one side.
        names = set(one) ^ set(other)
        if any((one | other)[name] > DIFFERENCE for name in names):
            return False
    pairs = [(one[name], other[name]) for name in one if name in other]
    return all(
        left == right or None not in (left, right) and abs(left - right) <= DIFFERENCE
        for left, right in pairs)


# MARK: - Turns

@dataclass
class Seen:
    """What the turns of one size saw; rates are bars a second."""

    markets: int
    bars: int
    ours: list
    rates: dict
    counts: dict

    @property
    def count(self):
        return self.markets * self.bars

    @property
    def title(self):
        return f"{self.markets:,} × {self.bars:,}"


def prepare(bench, markets, bars, with_peers):
    """What raw COPY loads, and what all sides must have written; none of it is timed."""
    with bench.postgres.copy_of("blank", "first") as first:
        bench.backfill(first, markets, bars)
        bench.verify(first, markets)
        counts = bench.counts(first)
        if not with_peers:
            return counts, []
        for written, few in PEER_MARKETS.items():
            with bench.postgres.copy_of("blank", "peer") as peer:
                pandas_rate(bench, peer, written, markets, bars)
                compare(bench, first, peer, min(few, markets))
        return counts, export(bench, first, markets)


def measure(bench, markets, bars, turns, with_peers=True):
    counts, parts = prepare(bench, markets, bars, with_peers)
    seen = Seen(markets, bars, [], {}, counts)

    def ours(turn):
        took = bench.backfill(turn, markets, bars)
        bench.expect(counts, turn)
        seen.ours.append(took)
        return markets * bars / took.seconds

    def copied(connections):
        def load(turn):
            seconds = copy(bench, turn, parts, connections)
            bench.expect(counts, turn)
            return markets * bars / seconds
        return load

    def scripted(written):
        return lambda turn: pandas_rate(bench, turn, written, markets, bars)

    sides = {"ours": ours}
    if with_peers:
        for count in sorted({bench.connections, 1}, reverse=True):
            sides[f"COPY, connections: {count}"] = copied(count)
        sides |= {f"pandas, {written}": scripted(written) for written in PEER_MARKETS}
    seen.rates = {name: [] for name in sides}
    for turn in range(turns):
        # Every other turn goes backwards, so that nobody always follows the same one.
        for name in list(sides)[::-1 if turn % 2 else 1]:
            with bench.postgres.copy_of("blank") as database:
                seen.rates[name].append(sides[name](database))
            print(f"{seen.title}, {name}: {seen.rates[name][-1]:,.0f} bars/s", file=sys.stderr,
                  flush=True)
    for files in parts:
        for file in files.values():
            file.unlink()
    bench.universe(markets, bars).unlink()
    return seen


def room(bench, markets, bars, with_peers):
    """Whether the disk has room for a size."""
    needed = markets * bars * (STORED_BYTES + with_peers * COPIED_BYTES) + LOG_BYTES
    free = min(shutil.disk_usage(path).free for path in (bench.folder, bench.postgres.folder))
    return free > needed, f"{needed / 1e9:,.0f} GB of disk are needed, {free / 1e9:,.0f} are free"


# MARK: - The tables

def rate_rows(sizes):
    for seen in sizes:
        for name in seen.rates:
            if name == "ours":
                continue
            goal = PANDAS_GOAL if name.startswith("pandas") else COPY_GOAL
            yield rates_row(
                f"{seen.title} bars", seen.rates["ours"], seen.rates[name], name, goal)


def cost_rows(sizes):
    for seen in sizes:
        microseconds = [took.seconds / seen.count * 1e6 for took in seen.ours]
        cpu = [took.cpu / seen.count * 1e6 for took in seen.ours]
        peak = max(took.peak for took in seen.ours)
        yield [
            f"{seen.title}", f"{median([took.seconds for took in seen.ours]):,.2f} s",
            f"{spread(microseconds)} µs", f"{spread(cpu)} µs", f"{peak / (1 << 20):,.0f} MiB",
            f"< {MEMORY_GOAL_BYTES >> 20} MiB", verdict(peak < MEMORY_GOAL_BYTES)]


def text(sizes, arguments, postgres, load):
    packages = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in PEER_PACKAGES)
    counts = ", ".join(
        f"{sum(seen.counts.values()):,} rows of {seen.title} bars" for seen in sizes)
    about = (
        f"{run.machine()}; load average {load:.1f} at the beginning. Medians of {arguments.turns} "
        "turns, in brackets the least and the largest; server and clients share the cores. Daily "
        "universes resampled from the bundled returns with a seed, under an hmm fitted on "
        f"{TRAINING_STOCK} until {TRAINED_UNTIL}; time is all of the program's run, from the CSV "
        f"to the last commit. PostgreSQL {postgres.version}, fsync and synchronous_commit on, "
        f"{', '.join(SETTINGS)}, an empty database of the program's schema for each turn, after a "
        f"checkpoint. {arguments.connections} threads of ours; COPY in binary from files by `psql "
        f"\\copy`, all tables, sorted by market and time: {counts}. The script of pandas, hmmlearn "
        f"and psycopg has {arguments.connections} processes and writes some of the markets, "
        f"{PEER_MARKETS['documented']} as documentation has it (`predict_proba` of the bars up to "
        f"each one, `write_row`) and {PEER_MARKETS['tuned']} tuned (hmmlearn's private forward "
        "pass, blocks of text); its rate is by the bar, imports and connecting are left out, and "
        f"it neither explains changes nor looks into the store: {packages}, Python "
        f"{sys.version.split()[0]}. Before the turns "
        f"{VERIFIED_MARKETS} markets of each size were verified by `bloasis verify`, and the "
        "script's labels found to be ours; after each turn the rows were counted.")
    costs = ["markets × bars", "time", "a bar", "client CPU a bar", "peak memory", "goal", ""]
    return "\n\n".join([
        table(rate_rows(sizes)), table(cost_rows(sizes), costs), about])


def size(word):
    found = re.fullmatch(r"(\d+)x(\d+)", word)
    if not found or not int(found[1]) or not 1_000 <= int(found[2]) <= resampling.bars_most():
        raise argparse.ArgumentTypeError(
            f"«{word}» is not MARKETSxBARS with 1,000 to {resampling.bars_most():,} bars")
    return int(found[1]), int(found[2])


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=run.PROGRAM)
    parser.add_argument("--turns", type=int, default=5, help=f"at least {TURNS_MINIMUM}")
    parser.add_argument("--connections", type=int, default=os.cpu_count())
    parser.add_argument(
        "--size", type=size, action="append", help="MARKETSxBARS; may be repeated")
    parser.add_argument(
        "--full", action="store_true",
        help="5,000 × 5,000 too, a turn; without COPY and pandas where the disk has no room")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.turns < TURNS_MINIMUM:
        parser.error(
            f"--turns {arguments.turns}: a median of fewer than {TURNS_MINIMUM} says little")
    if arguments.connections < 1:
        parser.error("one connection at least")
    if not arguments.program.exists():
        sys.exit(f"{arguments.program} is missing: make build")
    return arguments


def main():
    arguments = read_arguments()
    load = os.getloadavg()[0]
    sizes = []
    with (
        servers.postgres(SETTINGS) as postgres,
        tempfile.TemporaryDirectory(prefix="bloasis-backfill-") as folder,
    ):
        bench = Bench(arguments, postgres, folder)
        for markets, bars in arguments.size or SIZES:
            has_room, problem = room(bench, markets, bars, with_peers=True)
            if not has_room:
                sys.exit(f"{markets:,} × {bars:,}: {problem}")
            sizes.append(measure(bench, markets, bars, arguments.turns))
        if arguments.full:
            with_peers, _ = room(bench, *FULL, with_peers=True)
            has_room, problem = room(bench, *FULL, with_peers=False)
            if not has_room:
                sys.exit(f"{FULL[0]:,} × {FULL[1]:,}: {problem}")
            sizes.append(measure(bench, *FULL, turns=1, with_peers=with_peers))
    result = text(sizes, arguments, postgres, load)
    print(result)
    if arguments.record:
        run.append(run.RESULTS, "universes into PostgreSQL", result)


if __name__ == "__main__":
    main()
