"""How many market-bars a second are classified under one fixed model (`make bench-universe`).

The universe is made by resampling the bundled returns with a seed; reading and storing are no part
this. What counts is the wall: all markets, all threads; and the same bar by bar on a few of them.
"""

import argparse
import statistics
import sys
import tempfile

import compare
import run
import samples

BARS = 5_000
GOAL = 20e6
ROUNDS = 3
# As many markets as are classified bar by bar: the rate does not depend on how many there are.
FEW = 64


def rates(ours, markets, threads, how, rounds):
    """Market-bars a second of each round."""
    return [
        markets * BARS / float(ours.ask(f"universe {markets} {BARS} {threads} {how}"))
        for _ in range(rounds)
    ]


def line(title, rates, goal=None):
    rate = statistics.median(rates)
    verdict = "" if goal is None else "reached" if rate >= goal else "missed"
    return [
        title, f"{rate / 1e6:,.1f} M", f"{min(rates) / 1e6:,.1f}–{max(rates) / 1e6:,.1f} M",
        f"≥ {goal / 1e6:,.0f} M" if goal else "", verdict]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the built bloasis-workloads")
    parser.add_argument("--markets", type=int, default=5_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    arguments = parser.parse_args()
    if min(arguments.markets, arguments.threads, arguments.rounds) < 1:
        parser.error("markets, threads and rounds are one at least")
    markets, threads, rounds = arguments.markets, arguments.threads, arguments.rounds
    with tempfile.TemporaryDirectory(prefix="bloasis-universe-") as folder:
        samples.Samples().write(folder)
        ours = compare.Workloads(arguments.program, folder)
        wide = rates(ours, markets, threads, "lanes", rounds)
        alone = rates(ours, min(FEW, markets), threads, "bars", rounds)
        instructions = ours.instructions
        ours.close()
    ratio = statistics.median(wide) / statistics.median(alone)
    text = "\n\n".join([
        compare.table(
            ["work", "market-bars a second", "range", "goal", ""],
            [
                line(f"{markets:,} markets of {BARS:,} bars, side by side", wide, GOAL),
                line(f"{min(FEW, markets):,} of them, bar by bar", alone),
            ]),
        f"{run.machine()}; instruction set in use: {instructions}; {threads} threads, "
        f"{rounds} rounds; {ratio:,.0f} times as many side by side as bar by bar."])
    print(text)
    if arguments.record:
        run.append(compare.RESULTS, "a universe under a fixed model", text)


if __name__ == "__main__":
    sys.exit(main())
