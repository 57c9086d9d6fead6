"""Counts instructions and allocations of the kernels and compares them with Benchmarks/Thresholds.

Instructions come from valgrind's callgrind, which runs the same code on the same data as often as
one likes with the same count, whatever else the machine does; it knows AVX2 but not AVX-512, so
what is counted are the kernels for x86-64-v3. The count of one repetition is the difference between
runs with one and with three, so that the start of the program cancels out. Allocations are those
that the second half of a series adds to a live filter. A count above its threshold fails; one far
below says so, for `--accept` to write the thresholds anew.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
THRESHOLDS = ROOT / "Benchmarks" / "Thresholds" / "counts.json"
# Compilers of the same version count the same; this leaves room for one patch release.
TOLERANCE = 0.02
RUN_LIMIT_SECONDS = 600
# A tile of markets; what fills its lanes with starts, or is slow to count, takes one.
MARKETS = 8
SINGLE = ("baum-welch", "jump-fit")


def ask(program, *questions):
    done = subprocess.run(
        [program, "synthetic"], input="\n".join(questions) + "\n", capture_output=True, text=True,
        timeout=RUN_LIMIT_SECONDS,
    )
    answers = done.stdout.splitlines()
    if len(answers) != len(questions) or any(not a.startswith("done") for a in answers):
        sys.exit(f"bloasis-workloads: {done.stdout}{done.stderr}")
    return [answer.removeprefix("done ").strip() for answer in answers]


def markets(name):
    return 1 if name in SINGLE else MARKETS


def instructions(program, name, repetitions):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "synthetic",
         name, str(repetitions), str(markets(name))],
        env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}, capture_output=True, text=True,
        timeout=RUN_LIMIT_SECONDS,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"valgrind on {name}: {done.stderr[-2000:]}")
    return int(found.group(1))


def per_bar(total, bars):
    return round(total / bars, 1)


def count(program):
    bars, names, live = ask(program, "bars", "list", "list-live")
    counts = {}
    for name in live.split():
        allocated, steps = (int(word) for word in ask(program, f"allocations {name}")[0].split())
        counts[f"{name}, allocations a bar"] = per_bar(allocated, steps)
    if shutil.which("valgrind") is None:
        print("Without valgrind no instructions are counted: apt-get install valgrind")
        return counts
    for name in names.split():
        once, thrice = (instructions(program, name, repetitions) for repetitions in (1, 3))
        counts[f"{name}, instructions a bar"] = per_bar(
            (thrice - once) / 2, int(bars) * markets(name))
    return counts


def verdict(count, threshold):
    """Text for the table, and whether the count is above the threshold."""
    if threshold is None:
        return "no threshold yet", False
    if count > threshold * (1 + TOLERANCE):
        return "above", True
    if count < threshold * (1 - TOLERANCE):
        return "below: accept it", False
    return "kept", False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the built bloasis-workloads")
    parser.add_argument("--accept", action="store_true", help="write the thresholds anew")
    arguments = parser.parse_args()
    thresholds = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {}
    counts = count(arguments.program)
    failed = False
    print("| count | now | threshold | |\n|---|---|---|---|")
    for name, number in counts.items():
        text, isAbove = verdict(number, thresholds.get(name))
        failed = failed or isAbove
        print(f"| {name} | {number:,} | {thresholds.get(name, '')} | {text} |")
    if arguments.accept:
        THRESHOLDS.parent.mkdir(exist_ok=True)
        THRESHOLDS.write_text(json.dumps({**thresholds, **counts}, indent=2) + "\n")
    elif failed:
        sys.exit("A count is above its threshold. Meant? Scripts/bench.sh --accept")


if __name__ == "__main__":
    main()
