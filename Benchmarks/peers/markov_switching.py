#!/usr/bin/env python3
"""Writes what statsmodels says about Markov-switching models, for MarkovSwitchingTests.

    pip install statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1
    python3 Benchmarks/peers/markov_switching.py > Fixtures/golden/markov_switching.json

Per case: the data by name (series of Fixtures/markov_switching.json, or the monthly data of
Filardo 1994 that statsmodels brings along for its own tests and that is written out here), the
parameters in statsmodels' order, and at these the log-likelihood, AIC, BIC, expected durations and
the filtered and smoothed probabilities of every STEP-th row. The parameters are the published
estimates, where such are asked after, in full. For the S&P 500 the best log-likelihood that
statsmodels' own fits reach, in percent returns.
"""

import csv
import json
import os
import sys
import warnings
from importlib.metadata import version

import numpy
import statsmodels
from statsmodels.tsa.regime_switching.markov_autoregression import MarkovAutoregression
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

PINNED = "0.15.0"
REFERENCES = "Fixtures/markov_switching.json"
PRICES = "Fixtures/spx_daily_1999_2018.csv"
FILARDO = "tsa/regime_switching/tests/results/mar_filardo.csv"
STEP = 12
SEARCHES = 10


def lag(y):
    return y[:-1, None]


def cases(data, filardo):
    funds, gap = data["fedfunds"], data["ogap"]
    inflation, returns = data["inf"], data["areturns"]
    mumps, growth = data["mumpspc"], data["rgnp"]
    recession = numpy.column_stack([numpy.ones(len(growth)), data["rec"]])
    leading = numpy.array([float(row["dmdlleading"]) for row in filardo[:-1]])
    production = numpy.array([float(row["dlip"]) for row in filardo[1:]])
    leading = numpy.column_stack([numpy.ones(len(leading)), leading])
    macro = numpy.column_stack([funds[3:-1], gap[4:], inflation[4:]])
    wide = numpy.column_stack([growth[:-1], numpy.arange(len(growth) - 1) / 50.0])
    published = data["cases"]
    return [
        ("FedFundsConst", MarkovRegression(funds, 2),
         [0.9820939, 0.0503587, 3.70877, 9.556793, 2.107562**2]),
        ("FedFundsConstL1", MarkovRegression(funds[1:], 2, exog=lag(funds), switching_exog=True),
         [0.6378175, 0.1306295, 0.724457, -0.0988764, 0.7631424, 1.061174, 0.6915759**2]),
        ("FedFundsConstL1Exog", MarkovRegression(funds[4:], 2, exog=macro, switching_exog=True),
         published["FedFundsConstL1Exog"]["params"]),
        ("AreturnsConstL1Variance",
         MarkovRegression(
             returns[1:], 2, exog=lag(returns), switching_exog=True, switching_variance=True),
         [0.7530865, 0.6825357, 0.7641424, 1.972771, 0.0790744, 0.527953, 0.5895792**2,
          1.605333**2]),
        ("MumpsNoconstL1Var",
         MarkovRegression(
             mumps[1:], 2, trend="n", exog=lag(mumps), switching_exog=True,
             switching_variance=True),
         [0.762733, 0.1473767, 0.420275, 0.9847369, 0.0562405**2, 0.2611362**2]),
        ("HamiltonAR4", MarkovAutoregression(growth, 2, order=4, switching_ar=False),
         [0.754673, 0.095915, -0.358811, 1.163516, numpy.exp(-0.262658) ** 2, 0.013486,
          -0.057521, -0.246983, -0.212923]),
        ("HamiltonAR2Switch", MarkovAutoregression(growth, 2, order=2),
         published["HamiltonAR2Switch"]["params"]),
        ("HamiltonAR1Switch", MarkovAutoregression(growth, 2, order=1),
         published["HamiltonAR1Switch"]["params"]),
        ("HamiltonAR1SwitchTVTP",
         MarkovAutoregression(growth, 2, order=1, exog_tvtp=recession),
         [6.564923, 7.846371, -8.064123, -15.37636, 1.027190, -0.719760,
          numpy.exp(-0.217003) ** 2, 0.161489, 0.022536]),
        ("Filardo",
         MarkovAutoregression(production, 2, order=4, switching_ar=False, exog_tvtp=leading),
         [4.35941747, -1.6493936, 1.7702123, 0.9945672, 0.517298, -0.865888,
          numpy.exp(-0.362469) ** 2, 0.189474, 0.079344, 0.110944, 0.122251]),
        # Made up, and everything at once: the order of parameters and of the joint regimes. Beyond
        # order 1 statsmodels 0.15.0 takes the variance of the regime p - 1 bars before.
        ("EverythingOrder2",
         MarkovAutoregression(
             growth[1:], 3, order=2, exog=wide, switching_ar=[True, False],
             switching_exog=[False, True], exog_tvtp=recession[1:]),
         [0.9, 0.2, -0.4, 0.5, -1.0, 0.7, -0.3, 1.1, 0.25, -0.8, 0.6, -0.5,
          -0.6, 0.9, 1.4, 0.12, 0.05, -0.11, 0.2, 0.8, 0.15, -0.2, 0.3, -0.07]),
        ("EverythingVariance",
         MarkovAutoregression(
             growth[1:], 3, order=1, exog=wide, switching_exog=[False, True],
             switching_variance=True, exog_tvtp=recession[1:]),
         [0.9, 0.2, -0.4, 0.5, -1.0, 0.7, -0.3, 1.1, 0.25, -0.8, 0.6, -0.5,
          -0.6, 0.9, 1.4, 0.12, 0.05, -0.11, 0.2, 0.3, 0.8, 1.7, 0.15, -0.2, 0.3]),
    ]


def answers(name, model, parameters):
    result = model.smooth(numpy.array(parameters), cov_type="none")
    rows = range(0, model.nobs, STEP)
    durations = numpy.asarray(result.expected_durations)
    filtered = numpy.asarray(result.filtered_marginal_probabilities)
    smoothed = numpy.asarray(result.smoothed_marginal_probabilities)
    last = model.nobs - 1
    return {
        "name": name,
        "parameters": [float(value) for value in parameters],
        "logLikelihood": float(result.llf),
        "aic": float(result.aic),
        "bic": float(result.bic),
        "durations": {str(row): durations[row].tolist() for row in rows}
        if durations.ndim == 2 else durations.tolist(),
        "filtered": {str(row): filtered[row].tolist() for row in [*rows, last]},
        "smoothed": {str(row): smoothed[row].tolist() for row in [*rows, last]},
    }


def best_fits():
    with open(PRICES, newline="", encoding="utf-8") as file:
        close = numpy.array([float(row["close"]) for row in csv.DictReader(file)])
    returns = 100 * numpy.log(close[1:] / close[:-1])
    fits = {}
    for regimes in (2, 3):
        model = MarkovRegression(returns, regimes, switching_variance=True)
        plain = model.fit(disp=0, maxiter=500, cov_type="none")
        searched = model.fit(
            disp=0, maxiter=500, em_iter=50, search_reps=SEARCHES, rng=1, cov_type="none")
        fits[str(regimes)] = max(float(plain.llf), float(searched.llf))
    return fits


def main():
    if version("statsmodels") != PINNED:
        sys.exit(f"install statsmodels=={PINNED}")
    warnings.simplefilter("ignore")
    with open(REFERENCES, encoding="utf-8") as file:
        data = json.load(file)
    for name in ("fedfunds", "ogap", "inf", "areturns", "mumpspc", "rgnp", "rec"):
        data[name] = numpy.array(data[name], dtype=float)
    path = os.path.join(os.path.dirname(statsmodels.__file__), FILARDO)
    with open(path, newline="", encoding="utf-8") as file:
        filardo = list(csv.DictReader(file))
    written = {
        "statsmodels": PINNED,
        "filardo": {
            "production": [float(row["dlip"]) for row in filardo[1:]],
            "leading": [float(row["dmdlleading"]) for row in filardo[:-1]],
            "filtered": [float(row["filtered_0"]) for row in filardo[5:]],
            "smoothed": [float(row["smoothed_0"]) for row in filardo[5:]],
            "durations": [
                [float(row["duration0"]), float(row["duration1"])] for row in filardo[5::STEP]],
        },
        "cases": [answers(*case) for case in cases(data, filardo)],
        "bestFits": best_fits(),
    }
    # One line per entry keeps differences readable and the file small.
    print(json.dumps(written, separators=(",", ":")).replace('{"name"', '\n{"name"'))


if __name__ == "__main__":
    main()
