"""Runs the program's kernels and their rivals on the same work (`make bench-peers`).

The two sides take turns, row by row, ROUNDS times or more in one run; each has one thread, and what
counts is the processor time of its process, so that others on the machine disturb neither. Reading,
preparing and laying out the data is outside the clock on both sides; ours does a piece of work once
unmeasured, then repeats it until the clock can tell, and takes the mean. The answers of every round
are compared: a row whose answers differ fails the run.
"""

import os

# Before any of the libraries below starts its threads.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import importlib.metadata
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy

import rivals
import run
import samples

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "Benchmarks" / "RESULTS.md"
ROUNDS = 5
ROUNDS_LIMIT = 25
PEER_SECONDS = 5
PEERS = ("hmmlearn", "jumpmodels", "statsmodels", "pandas", "numpy", "scikit-learn")


class Workloads:
    """Our side: a process that does one piece of work when asked.

    A question is a line `run NAME FIRST COUNT`; the answer a line `done SECONDS REPETITIONS`, the
    result a file of doubles, or a line `failed REASON`.
    """

    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        self.process = subprocess.Popen(
            [program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.instructions = self.ask("instructions")
        self.names = self.ask("list").split()
        self.live = self.ask("list-live").split()

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer.startswith("done"):
            sys.exit(f"bloasis-workloads, asked «{question}»: {answer or 'it ended'}")
        return answer[len("done"):].strip()

    def run(self, name, markets):
        answer = self.ask(f"run {name} {markets[0]} {len(markets)}").split()
        return float(answer[0]), numpy.fromfile(self.folder / "result", dtype="<f8")

    def nanoseconds_of_step(self, name):
        return float(self.ask(f"live {name}"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def measure(row, ours, rounds):
    """Seconds of each round on both sides, and what the comparison of the answers found."""
    own, peer, agreement = [], [], ""
    # A peer that is done in no time is asked more often: medians of short times need more of them.
    while len(own) < rounds or (sum(peer) < PEER_SECONDS and len(own) < ROUNDS_LIMIT):
        markets = row.markets(len(own))
        seconds, result = ours.run(row.name, markets)
        own.append(seconds)
        row.learn(result)
        seconds, answer = row.run(markets)
        peer.append(seconds)
        agreement = row.check(result, answer, markets)
    return own, peer, agreement


def duration(seconds):
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:,.3g} {unit}"


def figure(ratio):
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


class Line:
    def __init__(self, row, own, peer, agreement):
        self.row, self.agreement = row, agreement
        self.own, self.peer = statistics.median(own), statistics.median(peer)
        self.ratios = [theirs / ours for ours, theirs in zip(own, peer)]
        self.ratio = statistics.median(self.ratios)

    def cells(self):
        goal, verdict = "", ""
        if self.row.goal:
            goal = f"≥ {self.row.goal:,}"
            verdict = "reached" if self.ratio >= self.row.goal else "missed"
        return [
            self.row.title, str(self.row.size), duration(self.own),
            f"{duration(self.peer)} ({self.row.peer})",
            f"{figure(self.ratio)} ({figure(min(self.ratios))}–{figure(max(self.ratios))})",
            goal, verdict, self.agreement,
        ]


def table(headings, lines):
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def report(lines, live, instructions, rounds):
    text = [
        table(["work", "markets", "ours", "peer", "ratio", "goal", "", "the answers"],
              [line.cells() for line in lines])
    ]
    if live:
        text.append(table(
            ["live filter, one market, one bar at a time", "a bar"],
            [[name, f"{nanoseconds:,.0f} ns"] for name, nanoseconds in live]))
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PEERS)
    text.append(
        f"{run.machine()}; instruction set in use: {instructions}. {samples.MARKETS} markets of "
        f"{samples.RETURNS:,} returns (see Benchmarks/samples.py); processor seconds of one thread "
        f"each, medians of {rounds} to {max(rounds, ROUNDS_LIMIT)} rounds that take turns, in "
        f"brackets the least and the largest ratio. {versions}; Python {sys.version.split()[0]}.")
    return "\n\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the built bloasis-workloads")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="*", help="names of rows, instead of all")
    parser.add_argument("--record", action="store_true", help=f"append to {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds {arguments.rounds}: one at least")
    data = samples.Samples()
    lines, missing = [], []
    with tempfile.TemporaryDirectory(prefix="bloasis-peers-") as folder:
        data.write(folder)
        ours = Workloads(arguments.program, folder)
        for row in rivals.rows(data):
            if arguments.only and row.name not in arguments.only:
                continue
            if row.name not in ours.names:
                missing.append(row.title)
                continue
            print(f"{row.title} …", file=sys.stderr)
            try:
                lines.append(Line(row, *measure(row, ours, arguments.rounds)))
                print(f"  ratio {figure(lines[-1].ratio)}", file=sys.stderr)
            except rivals.Difference as difference:
                sys.exit(f"{row.title}: {difference}")
        live = [] if arguments.only else [
            (name, ours.nanoseconds_of_step(name)) for name in ours.live
        ]
        instructions = ours.instructions
        ours.close()
    text = report(lines, live, instructions, arguments.rounds)
    print(text)
    if missing:
        sys.exit(f"bloasis-workloads does not know: {', '.join(missing)}")
    if arguments.record:
        run.append(RESULTS, "against the peers", text)


if __name__ == "__main__":
    main()
