#!/usr/bin/env python3
"""Writes the rules model's labels of the S&P 500, 2014-2018, with and without the VIX.

    pip install pandas==3.1.1 numpy==2.4.6
    python3 Benchmarks/peers/rule_labels.py > Fixtures/golden/rule_labels.csv

Written from the documentation of the rules (the table above `RuleParameters.probabilities` and
what each feature means), with pandas for every indicator. A row is a run of days with the same
most probable label: `vix,first,last,label`.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

PINNED = {"pandas": "3.1.1", "numpy": "2.4.6"}
FIXTURES = Path(__file__).parents[2] / "Fixtures"
FIRST, LAST = "2014-01-03", "2018-12-31"
OLDEST = pd.Timedelta(days=10)

# (nothing, everything) of each soft threshold.
STRESSED_RANK, STRESSED_VIX, CALM_RANK = (0.7, 0.9), (25, 35), (0.45, 0.3)
DEEP, BEAR, FALLING = (0.8, 1.1), (0.45, 0.65), (0.05, -0.05)
EUPHORIA_TREND, EUPHORIA_MOMENTUM = (0.5, 0.7), (1.2, 1.6)


def degree(value, ramp):
    """0 ... 1 along the ramp; 0 of what is not known."""
    nothing, everything = ramp
    return ((value - nothing) / (everything - nothing)).clip(0, 1).fillna(0)


def context(close):
    returns = np.log(close / close.shift(1))
    volatility = returns.rolling(21).std() * np.sqrt(252)
    unit = returns.expanding(63).std() * np.sqrt(252)
    return pd.DataFrame({
        "rank": volatility.rolling(2520, min_periods=63).rank(method="max", pct=True),
        "depth": (1 - close / close.rolling(252, min_periods=1).max()) / unit,
        "trend": (close / close.rolling(200).mean() - 1) / unit,
        "momentum": np.log(close.shift(21) / close.shift(252)) / unit,
    })


def joined(vix, days):
    """The latest value known by each session's end, not older than the bound."""
    vix = vix.dropna()
    place = vix.index.searchsorted(days, side="right") - 1
    known = vix.index[place.clip(0)]
    fresh = (place >= 0) & (days - known <= OLDEST)
    return pd.Series(np.where(fresh, vix.to_numpy()[place.clip(0)], np.nan), index=days)


def labels(market, vix):
    stress = np.maximum(degree(market["rank"], STRESSED_RANK), degree(vix, STRESSED_VIX))
    rules = [
        ("crisis", stress * degree(market["depth"], DEEP)),
        ("normal_bear", degree(market["depth"], BEAR) * degree(market["trend"], FALLING)),
        ("high_volatility", stress),
        ("euphoria", degree(market["trend"], EUPHORIA_TREND)
         * degree(market["momentum"], EUPHORIA_MOMENTUM)),
        ("low_volatility", degree(market["rank"], CALM_RANK)),
    ]
    left = pd.Series(1.0, index=market.index)
    shares = {}
    for label, part in rules:
        shares[label] = left * part
        left = left - shares[label]
    shares["normal_bull"] = left
    return pd.DataFrame(shares).idxmax(axis=1)


def main():
    for name, pinned in PINNED.items():
        if version(name) != pinned:
            sys.exit(f"install {name}=={pinned}")
    read = {"index_col": "date", "parse_dates": ["date"]}
    close = pd.read_csv(FIXTURES / "spx_daily_1999_2018.csv", **read)["close"]
    vix = pd.read_csv(FIXTURES / "vix_daily_2014_2019.csv", **read)["vix"]
    market = context(close)
    print("vix,first,last,label")
    for name, level in (
        ("with", joined(vix, close.index)), ("without", pd.Series(np.nan, index=close.index)),
    ):
        found = labels(market, level)[FIRST:LAST]
        run = (found != found.shift(1)).cumsum()
        for _, days in found.groupby(run):
            print(f"{name},{days.index[0]:%Y-%m-%d},{days.index[-1]:%Y-%m-%d},{days.iloc[0]}")


if __name__ == "__main__":
    main()
