#!/usr/bin/env python3
"""Writes what hmmlearn says about the S&P 500 with fixed parameters, for RegimeModelsTests.

    pip install hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1
    python3 Benchmarks/peers/hmm_parity.py > Fixtures/golden/hmm_parity.json

Per case: parameters, the log-likelihood, smoothed posteriors of every 200th bar, the Viterbi path
as runs, and the best log-likelihood that hmmlearn reaches without priors from several random
starts.

With `--manifest M.json` (a model that `bloasis fit` wrote, features unscaled) it prints instead
what hmmlearn computes with that model's own parameters.
"""

import argparse
import csv
import json
import sys
from importlib.metadata import version

import numpy
from hmmlearn.hmm import GaussianHMM

PINNED = "0.3.3"
PRICES = "Fixtures/spx_daily_1999_2018.csv"
STARTS = 10
ITERATIONS = 2000
TOLERANCE = 1e-8
ROW_STEP = 200

CASES = [
    {
        "features": ["log_return"],
        "covariance": "diag",
        "start": [0.75, 0.25],
        "transition": [[0.988, 0.012], [0.03, 0.97]],
        "means": [[0.0006], [-0.001]],
        "covariances": [[5.5e-5], [3.9e-4]],
    },
    {
        "features": ["log_return"],
        "covariance": "diag",
        "start": [0.2, 0.7, 0.1],
        "transition": [[0.98, 0.02, 1e-30], [0.02, 0.965, 0.015], [1e-9, 0.04, 0.96]],
        "means": [[0.0009], [-0.0002], [-0.0025]],
        "covariances": [[3.1e-5], [1.5e-4], [9.0e-4]],
    },
    {
        "features": ["log_return", "log_range"],
        "covariance": "full",
        "start": [0.6, 0.4],
        "transition": [[0.98, 0.02], [0.05, 0.95]],
        "means": [[0.0005, 0.009], [-0.0015, 0.024]],
        "covariances": [
            [[5.0e-5, -3.0e-6], [-3.0e-6, 1.4e-5]],
            [[4.0e-4, -4.5e-5], [-4.5e-5, 1.5e-4]],
        ],
    },
]


def columns():
    with open(PRICES, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    close = numpy.array([float(row["close"]) for row in rows])
    high = numpy.array([float(row["high"]) for row in rows])
    low = numpy.array([float(row["low"]) for row in rows])
    returns = numpy.log(close[1:] / close[:-1])
    return {"log_return": returns, "log_range": numpy.log(high[1:] / low[1:])}


def model(case):
    states = len(case["start"])
    hmm = GaussianHMM(states, case["covariance"])
    hmm.startprob_ = numpy.array(case["start"])
    hmm.transmat_ = numpy.array(case["transition"])
    hmm.transmat_ /= hmm.transmat_.sum(axis=1, keepdims=True)
    hmm.means_ = numpy.array(case["means"])
    hmm.covars_ = numpy.array(case["covariances"])
    return hmm


def answers(case, observations):
    hmm = model(case)
    path = hmm.predict(observations)
    starts = [0] + [i for i in range(1, len(path)) if path[i] != path[i - 1]]
    posteriors = hmm.predict_proba(observations)
    return {
        "logLikelihood": hmm.score(observations),
        "posteriors": {str(i): posteriors[i].tolist() for i in range(0, len(path), ROW_STEP)},
        "path": [[int(i), int(path[i])] for i in starts],
    }


def best_fit(case, observations):
    best = -numpy.inf
    for seed in range(STARTS):
        hmm = GaussianHMM(
            len(case["start"]), case["covariance"], covars_prior=0, covars_weight=1, min_covar=0,
            n_iter=ITERATIONS, tol=TOLERANCE, random_state=seed)
        hmm.fit(observations)
        best = max(best, hmm.score(observations))
    return best


def of_manifest(path):
    with open(path, encoding="utf-8") as file:
        classifier = json.load(file)["classifier"]
    parameters = classifier["parameters"]
    full = isinstance(parameters["covariances"][0][0], list)
    return dict(parameters, features=classifier["features"], covariance="full" if full else "diag")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--manifest")
    manifest = arguments.parse_args().manifest
    if version("hmmlearn") != PINNED:
        sys.exit(f"install hmmlearn=={PINNED}")
    data = columns()
    cases = [of_manifest(manifest)] if manifest else CASES
    for case in cases:
        observations = numpy.column_stack([data[name] for name in case["features"]])
        case |= answers(case, observations)
        if not manifest:
            case["bestFit"] = best_fit(case, observations)
            # Above, rows are put to a sum of 1 before use.
            case["transition"] = model(case).transmat_.tolist()
    json.dump({"hmmlearn": PINNED, "cases": cases}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
