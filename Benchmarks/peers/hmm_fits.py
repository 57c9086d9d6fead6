#!/usr/bin/env python3
"""Writes what hmmlearn's fits of Gaussian hidden Markov models reach, for RegimeModelsTests.

    pip install hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1
    python3 Benchmarks/peers/hmm_fits.py > Fixtures/golden/hmm_fits.json

`best` holds, per series, features and states, the best log-likelihood of 50 starts of hmmlearn's
own without priors, evaluated at the fitted parameters. Fits in which a state's variance sank below
a millionth of the whole sit on single observations, where the likelihood has no maximum: they are
counted, not compared.

`sameStart` holds fitted parameters after a number of iterations from stated ones, without priors
and with hmmlearn's defaults, per shape of covariance.

With `--time` it prints instead the seconds that the 50 starts of each case took.
"""

import argparse
import csv
import json
import logging
import sys
import time
import warnings
from importlib.metadata import version

import numpy
from hmmlearn.hmm import GaussianHMM

PINNED = "0.3.3"
STARTS = 50
ITERATIONS = 2000
TOLERANCE = 1e-8
DEGENERATE_SHARE = 1e-6
MONTH_BARS = 21
BARS_PER_YEAR = 252
NO_PRIORS = {"covars_prior": 0, "covars_weight": 1, "min_covar": 0}

SPX = "Fixtures/spx_daily_1999_2018.csv"
NASDAQ = "Fixtures/nasdaq_daily_1999_2018.csv"

BEST = [
    (SPX, ["log_return"], "diag", 2),
    (SPX, ["log_return"], "diag", 3),
    (SPX, ["log_return"], "diag", 4),
    (NASDAQ, ["log_return"], "diag", 2),
    (NASDAQ, ["log_return"], "diag", 3),
    (NASDAQ, ["log_return"], "diag", 4),
    (NASDAQ, ["log_return", "log_volatility_21"], "full", 3),
]

# Features, covariance, states, iterations.
SAME_START = [
    (["log_return"], "diag", 1, 2),
    (["log_return"], "diag", 2, 30),
    (["log_return"], "full", 3, 30),
    (["log_return"], "diag", 4, 30),
    (["log_return", "log_range"], "diag", 3, 25),
    (["log_return", "log_range"], "full", 1, 2),
    (["log_return", "log_range"], "full", 2, 25),
    (["log_return", "log_range"], "full", 4, 25),
]


def columns(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    close = numpy.array([float(row["close"]) for row in rows])
    high = numpy.array([float(row["high"]) for row in rows])
    low = numpy.array([float(row["low"]) for row in rows])
    returns = numpy.log(close[1:] / close[:-1])
    volatility = numpy.full(len(returns), numpy.nan)
    for last in range(MONTH_BARS - 1, len(returns)):
        window = returns[last - MONTH_BARS + 1 : last + 1]
        volatility[last] = window.std(ddof=1) * BARS_PER_YEAR**0.5
    return {
        "log_return": returns,
        "log_range": numpy.log(high[1:] / low[1:]),
        "log_volatility_21": numpy.log(volatility),
    }


def observations(path, features):
    table = columns(path)
    matrix = numpy.column_stack([table[name] for name in features])
    return matrix[numpy.isfinite(matrix).all(axis=1)]


def variances(hmm):
    """The conditional variances: squared pivots of the Cholesky factors."""
    return numpy.array([numpy.diag(numpy.linalg.cholesky(matrix)) ** 2 for matrix in hmm.covars_])


def one_start(data, covariance, states, seed):
    """The log-likelihood reached; None for a fit that sits on single observations."""
    for implementation in ("scaling", "log"):
        hmm = GaussianHMM(
            states, covariance, n_iter=ITERATIONS, tol=TOLERANCE, random_state=seed,
            implementation=implementation, **NO_PRIORS)
        try:
            hmm.fit(data)
            reached = hmm.score(data)
            spread = variances(hmm) / data.var(axis=0)
        except (ValueError, numpy.linalg.LinAlgError):
            continue
        return reached if spread.min() >= DEGENERATE_SHARE else None
    return None


def best_of_starts(path, features, covariance, states):
    data = observations(path, features)
    reached = [one_start(data, covariance, states, seed) for seed in range(STARTS)]
    sound = [value for value in reached if value is not None]
    return {
        "file": path,
        "features": features,
        "covariance": covariance,
        "states": states,
        "starts": STARTS,
        "degenerate": len(reached) - len(sound),
        "bestLogLikelihood": max(sound),
        "reachedTheBest": sum(value > max(sound) - 1e-4 for value in sound),
    }


def starting_point(data, covariance, states):
    """Means at quantiles, variances from a quarter of the whole to four times it."""
    levels = (numpy.arange(states) + 0.5) / states
    scales = 4.0 ** (2 * levels - 1)
    whole = numpy.atleast_2d(numpy.cov(data.T, ddof=0))
    shape = numpy.diag(numpy.diag(whole)) if covariance == "diag" else whole
    leave = 0.05 / max(states - 1, 1)
    transition = numpy.where(numpy.eye(states, dtype=bool), 1 - leave * (states - 1), leave)
    return {
        "start": numpy.full(states, 1 / states),
        "transition": transition,
        "means": numpy.quantile(data, levels, axis=0),
        "covariances": numpy.array([scale * shape for scale in scales]),
    }


def parameters(hmm):
    return {
        "start": hmm.startprob_.tolist(),
        "transition": hmm.transmat_.tolist(),
        "means": hmm.means_.tolist(),
        "covariances": hmm.covars_.tolist(),
    }


def same_start(features, covariance, states, iterations):
    data = observations(SPX, features)
    begin = starting_point(data, covariance, states)
    case = {
        "file": SPX,
        "features": features,
        "covariance": covariance,
        "iterations": iterations,
        "begin": {name: value.tolist() for name, value in begin.items()},
    }
    for name, priors in (("none", NO_PRIORS), ("hmmlearn", {})):
        hmm = GaussianHMM(
            states, covariance, n_iter=iterations, tol=-numpy.inf, init_params="", **priors)
        hmm.startprob_ = begin["start"]
        hmm.transmat_ = begin["transition"]
        hmm.means_ = begin["means"]
        diagonals = numpy.array([numpy.diag(matrix) for matrix in begin["covariances"]])
        hmm.covars_ = diagonals if covariance == "diag" else begin["covariances"]
        hmm.fit(data)
        assert hmm.monitor_.iter == iterations
        case[name] = parameters(hmm) | {"logLikelihood": hmm.score(data)}
    return case


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--time", action="store_true")
    timed = arguments.parse_args().time
    if version("hmmlearn") != PINNED:
        sys.exit(f"install hmmlearn=={PINNED}")
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    best = []
    for case in BEST:
        began = time.perf_counter()
        best.append(best_of_starts(*case))
        if timed:
            print(*case, round(time.perf_counter() - began, 2), flush=True)
    if timed:
        return
    golden = {
        "hmmlearn": PINNED, "best": best, "sameStart": [same_start(*case) for case in SAME_START]}
    json.dump(golden, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
