"""The walk-forward fits of a backfill, done by hmmlearn (`make bench-peers`).

The same bars, features, refit dates, training windows, number of states and number of starts as
the program's default: every start is run for a few iterations, the best go on, the winners to the
end. Where the program also decodes, labels, explains and stores 5,031 bars, this script only fits
and filters, so the ratio flatters hmmlearn.
"""

import csv
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy
from hmmlearn.hmm import GaussianHMM

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HISTORY = ROOT / "Fixtures" / "spx_daily_1999_2018.csv"
PROGRAM = ROOT / ".build" / "release" / "bloasis"

STATES = 3
STARTS = 16
ROUNDS = [(12, 8), (30, 2), (500, 1)]  # iterations so far, how many go on
TOLERANCE = 1e-6
WARM_UP_BARS = 480
WINDOW_BARS = 2520
REFIT_MONTHS = (1, 7)
RUNS = 5


def read_history():
    with HISTORY.open() as file:
        rows = list(csv.DictReader(file))
    return [row["date"] for row in rows], [float(row["close"]) for row in rows]


def exponentially_weighted(values, half_life):
    """Mean with weights 2^(-age/half-life), normalised (pandas `ewm(adjust=True)`)."""
    decay = 0.5 ** (1 / half_life)
    total = weight = 0.0
    means = []
    for value in values:
        total = total * decay + value
        weight = weight * decay + 1
        means.append(total / weight)
    return means


def features(closes):
    """Log of the downside deviation (half-life 20) and mean of the log return (half-life 60)."""
    returns = [math.log(now / before) for before, now in zip(closes, closes[1:])]
    squares = exponentially_weighted([min(r, 0) ** 2 for r in returns], 20)
    means = exponentially_weighted(returns, 60)
    floor = 1e-12
    rows = [[math.log(max(math.sqrt(s), floor)), m] for s, m in zip(squares, means)]
    return numpy.array([[math.nan, math.nan]] + rows)


def refit_indices(dates):
    def period(date):
        year, month = int(date[:4]), int(date[5:7])
        return year * len(REFIT_MONTHS) + sum(m <= month for m in REFIT_MONTHS)

    return [i for i in range(1, len(dates)) if period(dates[i]) != period(dates[i - 1])]


def fit(window, seed):
    """The best of many starts; the weaker ones are given up after a few iterations."""
    standard = (window - window.mean(axis=0)) / window.std(axis=0)
    models = [
        GaussianHMM(
            n_components=STATES, covariance_type="diag", random_state=seed + start,
            tol=TOLERANCE, n_iter=ROUNDS[0][0], implementation="scaling",
            covars_prior=0, covars_weight=0, min_covar=1e-6,
        )
        for start in range(STARTS)
    ]
    spent = 0
    for iterations, survivors in ROUNDS:
        for model in models:
            model.n_iter = iterations - spent
            model.fit(standard)
            model.init_params = ""
        spent = iterations
        models = sorted(models, key=lambda model: -model.score(standard))[:survivors]
    return models[0].predict_proba(standard)


def walk_forward(dates, table):
    fits = 0
    for index in refit_indices(dates):
        window = table[max(1, index - WINDOW_BARS):index]
        if len(window) >= WARM_UP_BARS:
            fit(window, seed=index)
            fits += 1
    return fits


def program_seconds():
    with tempfile.TemporaryDirectory() as home:
        start = time.perf_counter()
        subprocess.run(
            [PROGRAM, "backfill", "--csv", HISTORY, "--market", "SPX", "--json"],
            env={"PATH": os.environ["PATH"], "BLOASIS_HOME": home}, cwd=home,
            check=True, capture_output=True,
        )
        return time.perf_counter() - start


def main():
    # Giving up a start after a few iterations is intended, not a failure to converge.
    warnings.filterwarnings("ignore")
    dates, closes = read_history()
    table = features(closes)
    ours, theirs, fits = [], [], 0
    for run in range(RUNS):
        if PROGRAM.exists():
            ours.append(program_seconds())
        start = time.perf_counter()
        fits = walk_forward(dates, table)
        theirs.append(time.perf_counter() - start)
        print(f"run {run + 1} of {RUNS}", file=sys.stderr)
    peer = statistics.median(theirs)
    print(f"hmmlearn: {fits} refits of {STARTS} starts in {peer:.2f} s (median of {RUNS})")
    if ours:
        own = statistics.median(ours)
        print(f"bloasis backfill, everything included: {own:.2f} s; ratio {peer / own:.1f}")


if __name__ == "__main__":
    main()
