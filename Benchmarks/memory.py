"""Peak memory of a backfill against the number of bars (`python3 Benchmarks/memory.py`).

Backfills generated daily histories of several lengths, oldest first, each into an empty home, and
prints the largest resident set of each. The last column is what a bar beyond the shortest history
adds: memory that is bounded shows as nothing, memory that grows with the bars as a constant.
"""

import argparse
import datetime
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import run

LENGTHS = (5_000, 50_000, 200_000)
SEED = 20260101
RUN_LIMIT_SECONDS = 1800


def write_history(path, bars):
    """Minutes around the clock: as many bars as one likes, without a calendar's holidays."""
    generator = random.Random(SEED)
    close = 100.0
    start = datetime.datetime(2015, 1, 1, tzinfo=datetime.timezone.utc)
    with path.open("w") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for bar in range(bars):
            spread = 0.0008 if bar // 2000 % 3 else 0.002
            opened, close = close, close * (1 + generator.gauss(0, spread))
            high, low = max(opened, close) * 1.0002, min(opened, close) * 0.9998
            instant = start + datetime.timedelta(minutes=bar)
            file.write(
                f"{instant:%Y-%m-%dT%H:%M:%SZ},{opened:.6f},{high:.6f},{low:.6f},{close:.6f},1\n")


def peak(history, home):
    """Bytes of the largest resident set, and seconds."""
    command = [
        run.PROGRAM, "backfill", "--csv", history, "--market", "GENERATED", "--timeframe", "1m",
        "--calendar", "24x7", "--json",
    ]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=run.environment(home), cwd=home, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"backfill failed: {errors.decode()}")
    return usage.ru_maxrss * 1024, time.perf_counter() - start


def measure(lengths):
    lines = ["| bars | peak resident set | a bar more | seconds |", "|---|---|---|---|"]
    first = None
    for bars in lengths:
        with tempfile.TemporaryDirectory(prefix="bloasis-memory-") as home:
            history = pathlib.Path(home) / "history.csv"
            write_history(history, bars)
            size, seconds = peak(history, home)
        first = first or (bars, size)
        added = (size - first[1]) / (bars - first[0]) if bars > first[0] else None
        cells = [
            f"{bars:,}", f"{size / 2**20:,.1f} MiB", "" if added is None else f"{added:,.0f} B",
            f"{seconds:,.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if not run.PROGRAM.exists():
        sys.exit(f"{run.PROGRAM.relative_to(run.ROOT)} is missing: make build")
    text = measure(arguments.bars)
    print(text)
    if arguments.record:
        run.append(run.RESULTS, "peak memory of a backfill", f"{run.machine()}.\n\n{text}")


if __name__ == "__main__":
    main()
