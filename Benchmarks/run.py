"""Times the program against its goals (`make bench`).

Two figures, each the median of several runs that take turns, so that a slow minute of the machine
hits both: a walk-forward backfill of the bundled S&P 500 history into an empty home, and the time
from starting `serve` on the filled home to the first 200 of /ready.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".build" / "release" / "bloasis"
HISTORY = ROOT / "Fixtures" / "spx_daily_1999_2018.csv"
RESULTS = ROOT / "Benchmarks" / "RESULTS.md"

BARS = 5031
BACKFILL_GOAL_SECONDS = 2.0
READY_GOAL_SECONDS = 0.3
RUNS_MINIMUM = 5
RUN_LIMIT_SECONDS = 120
READY_LIMIT_SECONDS = 30


def environment(home, port=None):
    """The least the program needs, so that nobody's own settings are measured."""
    variables = {"PATH": os.environ["PATH"], "BLOASIS_HOME": str(home), "LOG_LEVEL": "WARNING"}
    if port is not None:
        variables["HTTP_PORT"] = str(port)
        variables["GRPC_PORT"] = str(servers.free_port())
    return variables


def backfill(home):
    """Seconds of one backfill; checks that it wrote the whole history."""
    command = [PROGRAM, "backfill", "--csv", HISTORY, "--market", "SPX", "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment(home), cwd=home, capture_output=True, timeout=RUN_LIMIT_SECONDS
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"backfill failed ({done.returncode}): {done.stderr.decode()}")
    bars = json.loads(done.stdout).get("bars")
    if bars != BARS:
        sys.exit(f"backfill took in {bars} bars instead of {BARS}")
    return seconds


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_LIMIT_SECONDS)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def await_ready(process, port):
    end = time.monotonic() + READY_LIMIT_SECONDS
    while not is_ready(port):
        if process.poll() is not None or time.monotonic() > end:
            sys.exit("serve did not become ready")
        time.sleep(0.01)


def ready(home):
    """Seconds from starting `serve` to ready; checks that it stops as it promises."""
    port = free_port()
    start = time.perf_counter()
    server = subprocess.Popen(
        [PROGRAM, "serve"], env=environment(home, port), cwd=home,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    try:
        while not is_ready(port):
            if server.poll() is not None:
                sys.exit(f"serve ended ({server.returncode}): {server.stderr.read().decode()}")
            if time.perf_counter() - start > READY_LIMIT_SECONDS:
                sys.exit(f"serve was not ready after {READY_LIMIT_SECONDS} s")
            time.sleep(0.0005)
        seconds = time.perf_counter() - start
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=READY_LIMIT_SECONDS)
        if server.returncode != 0:
            sys.exit(f"serve ended with {server.returncode} after SIGTERM: {errors.decode()}")
        return seconds
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def measure(runs):
    backfills, starts = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="bloasis-bench-") as home:
            backfills.append(backfill(home))
            starts.append(ready(home))
    return [
        (f"walk-forward backfill, {BARS:,} bars", backfills, BACKFILL_GOAL_SECONDS),
        ("serve ready, store filled", starts, READY_GOAL_SECONDS),
    ]


def table(rows):
    def milliseconds(seconds):
        return f"{seconds * 1000:,.0f} ms"

    lines = [
        "| work | median | fastest | slowest | goal | |",
        "|---|---|---|---|---|---|",
    ]
    for name, seconds, goal in rows:
        median = statistics.median(seconds)
        cells = [
            name, milliseconds(median), milliseconds(min(seconds)), milliseconds(max(seconds)),
            "< " + milliseconds(goal), "reached" if median < goal else "missed",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine():
    model = platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def commit():
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def append(results, what, text):
    """Writes a result under a heading with the day and the commit."""
    with results.open("a") as file:
        day = datetime.date.today().isoformat()
        file.write(f"\n## {day}, {commit()}: {what}\n\n{text}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help=f"at least {RUNS_MINIMUM}")
    parser.add_argument("--record", action="store_true", help=f"append to {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.runs < RUNS_MINIMUM:
        parser.error(f"--runs {arguments.runs}: a median of fewer than {RUNS_MINIMUM} says little")
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM.relative_to(ROOT)} is missing: make build")
    text = table(measure(arguments.runs))
    print(text)
    print(f"\nMedian of {arguments.runs} runs on {machine()}.")
    if arguments.record:
        append(RESULTS, "the program", f"{machine()}; {arguments.runs} runs.\n\n{text}")


if __name__ == "__main__":
    main()
