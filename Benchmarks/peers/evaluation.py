#!/usr/bin/env python3
"""Writes what pandas and numpy make of a 200-day strategy, for EvaluationTests.

    pip install pandas==3.1.1 numpy==2.4.6
    python3 Benchmarks/peers/evaluation.py > Fixtures/golden/evaluation.json

On the bundled S&P 500 and NASDAQ: hold the market while the close is above its mean of 200 bars,
traded one bar after the label at 10 basis points. Figures of that strategy and of holding
throughout, phases of 20 %, the mean log score of the labels as forecasts of the next return, and
scores of made-up probabilities.
"""

import json
import sys
from importlib.metadata import version

import numpy
import pandas

PINNED = {"pandas": "3.1.1", "numpy": "2.4.6"}
BARS_PER_YEAR = 252
MEAN_BARS = 200
DELAY = 1
COST = 0.001
MOVE = 0.2
PRIOR = 60


def figures(returns):
    wealth = numpy.concatenate([[1.0], numpy.cumprod(1 + returns)])
    return {
        "annualisedReturn": float(wealth[-1] ** (BARS_PER_YEAR / len(returns)) - 1),
        "annualisedVolatility": float(returns.std(ddof=1) * numpy.sqrt(BARS_PER_YEAR)),
        "sharpe": float(returns.mean() / returns.std(ddof=1) * numpy.sqrt(BARS_PER_YEAR)),
        "maximumDrawdown": float((1 - wealth / numpy.maximum.accumulate(wealth)).max()),
    }


def phases(close):
    """Turning points after Lunde and Timmermann (2004), found from each one to the next."""
    found = []
    start, direction = 0, None
    while True:
        rest = close[start:]
        down = numpy.flatnonzero(rest <= numpy.maximum.accumulate(rest) * (1 - MOVE))
        up = numpy.flatnonzero(rest >= numpy.minimum.accumulate(rest) * (1 + MOVE))
        if direction == "falling":
            down = down[:0]
        if direction == "rising":
            up = up[:0]
        if len(down) == 0 and len(up) == 0:
            return found
        if len(up) == 0 or (len(down) and down[0] < up[0]):
            direction, end = "falling", down[0]
            point = start + int(numpy.argmax(rest[: end + 1]))
        else:
            direction, end = "rising", up[0]
            point = start + int(numpy.argmin(rest[: end + 1]))
        found.append([point, direction])
        # The next extreme is looked for from the bar that confirmed this one.
        start += int(end)


def density(value, mean, variance):
    return numpy.exp(-0.5 * (value - mean) ** 2 / variance) / numpy.sqrt(2 * numpy.pi * variance)


def log_scores(log_returns, above):
    """One-label forecasts: moments of the label's past returns and 60 of all of them."""
    scores = []
    for bar in range(1, len(log_returns)):
        past = log_returns[1:bar]
        if len(past) < PRIOR or not above[bar - 1] in (0.0, 1.0):
            continue
        same = past[above[: bar - 1] == above[bar - 1]]
        weight = len(same) + PRIOR
        mean = (same.sum() + PRIOR * past.mean()) / weight
        square = ((same**2).sum() + PRIOR * (past**2).mean()) / weight
        scores.append(numpy.log(density(log_returns[bar], mean, square - mean**2)))
    return float(numpy.mean(scores)), len(scores)


def series(name):
    close = pandas.read_csv(f"Fixtures/{name}", parse_dates=["date"])["close"]
    mean = close.rolling(MEAN_BARS).mean()
    above = (close > mean).astype(float).where(mean.notna())
    exposure = above.shift(DELAY + 1)
    first = exposure.first_valid_index()
    returns = close.pct_change()[first:].to_numpy()
    held = exposure[first:].to_numpy()
    traded = numpy.abs(numpy.diff(held, prepend=held[0]))
    net = (1 + held * returns) * (1 - COST * traded) - 1
    score, scored = log_scores(numpy.log(close / close.shift(1)).to_numpy(), above.to_numpy())
    changes = above[first:].diff().abs()
    changes.iloc[0] = abs(above[first] - above[first - 1])
    return {
        "bars": len(returns),
        "movingAverage": figures(net),
        "buyAndHold": figures(returns),
        "exposure": float(held.mean()),
        "turnover": float(traded.mean() * BARS_PER_YEAR),
        "changesPerYear": float(changes.sum() / len(changes) * BARS_PER_YEAR),
        "phases": phases(close.to_numpy()),
        "logScore": score,
        "logScoreBars": scored,
        "skewness": float(pandas.Series(net).skew() * skew_factor(len(net))),
        "kurtosis": float(((net - net.mean()) ** 4).mean() / net.var() ** 2),
    }


def skew_factor(count):
    """pandas corrects for bias; the sample moment does not."""
    return (count - 2) / numpy.sqrt(count * (count - 1))


def reliability():
    index = numpy.arange(500)
    stated = ((index * 37) % 101) / 100
    happened = ((index * index) % 7 < 3).astype(float)
    clipped = numpy.clip(stated, 1e-6, 1 - 1e-6)
    base = happened.mean()
    bins = pandas.Series(numpy.minimum((stated * 10).astype(int), 9))
    groups = pandas.DataFrame({"stated": stated, "happened": happened}).groupby(bins)
    means = groups.mean()
    error = (means["stated"] - means["happened"]).abs() * groups.size()
    return {
        "brier": float(((stated - happened) ** 2).mean()),
        "brierSkill": float(1 - ((stated - happened) ** 2).mean() / (base * (1 - base))),
        "logScore": float(
            (happened * numpy.log(clipped) + (1 - happened) * numpy.log(1 - clipped)).mean()
        ),
        "calibrationError": float(error.sum() / len(index)),
        "counts": [int(count) for count in groups.size()],
    }


def main():
    for package, pinned in PINNED.items():
        if version(package) != pinned:
            sys.exit(f"{package} {version(package)} is installed; these figures need {pinned}")
    answers = {
        "series": {
            name: series(name) for name in ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"]
        },
        "reliability": reliability(),
    }
    json.dump(answers, sys.stdout, indent=1)
    print()


main()
