"""Times GetStrategy over HTTP (`make bench`): questions that were never asked, and one that was.

A server on a store of its own, with the S&P 500's bars and those of twenty shares; one connection
that is kept. A question is new by its capital, which changes every share, so that nothing of the
answer is cached. The same question must have the same bytes, also from another start of the server;
other bytes end the run.
"""

import argparse
import http.client
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import run
import tables

NEW_GOAL_MILLISECONDS = 50
CACHED_GOAL_MILLISECONDS = 2
EQUITIES = run.ROOT / "Fixtures" / "us_equities_20_close_1990_2022.csv.gz"
PATH = "/v1/ai-analysis/strategy"


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, question):
        """The answer's bytes, and how many milliseconds it took."""
        body = json.dumps(question)
        start = time.perf_counter()
        self.connection.request("POST", PATH, body, {"content-type": "application/json"})
        response = self.connection.getresponse()
        answer = response.read()
        elapsed = 1000 * (time.perf_counter() - start)
        if response.status != 200:
            sys.exit(f"{response.status}: {answer.decode()}")
        return answer, elapsed


def question(symbols, capital):
    return {"regime": "normal_bull", "symbols": symbols, "capital": str(capital)}


def stock(home):
    """Bars of the market and of the shares; the names of these."""
    run.backfill(home)
    done = subprocess.run(
        [run.PROGRAM, "backfill", "--universe", EQUITIES, "--from", "1999-01-01",
         "--to", "2019-01-01", "--quiet"],
        env=run.environment(home), cwd=home, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    listed = subprocess.run(
        ["zcat", EQUITIES], capture_output=True, text=True, check=True).stdout
    return listed.split("\n", 1)[0].strip().split(",")[1:]


def unknown(count):
    """Names that no series has."""
    return [f"S{number}" for number in range(count)]


class Serving:
    def __init__(self, home):
        self.home = home

    def __enter__(self):
        self.port = run.free_port()
        self.server = subprocess.Popen(
            [run.PROGRAM, "serve"], env=run.environment(self.home, self.port), cwd=self.home,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run.await_ready(self.server, self.port)
        return Client(self.port)

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(run.READY_LIMIT_SECONDS)


def measure(home, names, runs):
    """Rows of (name, milliseconds, goal)."""
    rows, answers = [], {}
    cases = [("1 symbol", ["SPX"]), (f"{len(names)} symbols", names),
             ("500 symbols, 20 of them with bars", names + unknown(480)),
             ("5,000 symbols, 20 of them with bars", names + unknown(4_980))]
    with Serving(home) as client:
        for name, symbols in cases:
            client.ask(question(symbols, 99_999))
            new = [client.ask(question(symbols, 100_000 + n))[1] for n in range(runs)]
            asked = question(symbols, 100_000)
            answers[name], _ = client.ask(asked)
            cached = []
            for _ in range(runs):
                answer, elapsed = client.ask(asked)
                if answer != answers[name]:
                    sys.exit(f"{name}: the same question has other bytes")
                cached.append(elapsed)
            rows += [(f"{name}, new", new, NEW_GOAL_MILLISECONDS),
                     (f"{name}, asked before", cached, CACHED_GOAL_MILLISECONDS)]
    with Serving(home) as client:
        for name, symbols in cases:
            if client.ask(question(symbols, 100_000))[0] != answers[name]:
                sys.exit(f"{name}: another start has other bytes")
    return rows


def table(rows):
    cells = []
    for name, values, goal in rows:
        median = statistics.median(values)
        high = sorted(values)[int(0.99 * (len(values) - 1))]
        cells.append([name, f"{median:.2f} ms", f"{high:.2f} ms", f"< {goal} ms",
                      "reached" if median < goal else "missed"])
    return tables.table(cells, ("GetStrategy over HTTP", "median", "p99", "goal", ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help=f"at least {run.RUNS_MINIMUM}")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.runs < run.RUNS_MINIMUM:
        parser.error(f"--runs {arguments.runs}: a median of so few says little")
    if not run.PROGRAM.exists():
        sys.exit(f"{run.PROGRAM.relative_to(run.ROOT)} is missing: make build")
    with tempfile.TemporaryDirectory(prefix="bloasis-bench-") as home:
        text = table(measure(home, stock(home), arguments.runs))
    print(f"\n{text}\n\nOf {arguments.runs} questions each, on {run.machine()}; the same bytes for "
          "the same question, also from another start.")
    if arguments.record:
        run.append(run.RESULTS, "strategies", f"{run.machine()}; {arguments.runs} questions "
                   f"each.\n\n{text}")


if __name__ == "__main__":
    main()
