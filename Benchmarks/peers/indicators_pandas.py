#!/usr/bin/env python3
"""Writes every price indicator of sampled bars by pandas, for IndicatorsTests to compare with.

    pip install pandas==3.1.1 numpy==2.4.6
    python3 Benchmarks/peers/indicators_pandas.py > Fixtures/golden/indicators.json

Two series: the S&P 500 as it is, and with gaps (each price blanked by a rule on its row number, so
that any reader can make the same gaps). Windows are those of the last n present values: columns
without their missing rows, put back in their places. Every number is pandas' own rolling, ewm,
cummax or rank; nothing of the project's code is used.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

PINNED = {"pandas": "3.1.1", "numpy": "2.4.6"}
DATA = Path(__file__).parents[2] / "Fixtures" / "spx_daily_1999_2018.csv"
BARS_PER_YEAR = 252
MONTH, YEAR, TREND, RANK = 21, 252, 200, 2520
HISTORY = 63


def present(column, function):
    """A function of the values that are there, missing where they are missing."""
    return function(column.dropna()).reindex(column.index)


def log_ratio(later, earlier):
    return np.log(later / earlier)


def features(bars):
    close = bars["close"]
    returns = log_ratio(close, close.shift(1))
    annual = np.sqrt(BARS_PER_YEAR)
    columns = {"simple_return": close / close.shift(1) - 1, "log_return": returns}
    for half_life in (5, 20, 60):
        mean = returns.ewm(halflife=half_life, adjust=True).mean().where(returns.notna())
        squares = returns.clip(upper=0) ** 2
        squares = squares.ewm(halflife=half_life, adjust=True).mean().where(returns.notna())
        downside = np.sqrt(squares)
        columns[f"ewm_mean_{half_life}"] = mean
        columns[f"downside_deviation_{half_life}"] = downside
        columns[f"log_downside_deviation_{half_life}"] = np.log(downside.where(downside > 0))
        columns[f"sortino_{half_life}"] = mean / downside.where(downside > 0)
    volatility = present(returns, lambda x: x.rolling(MONTH).std()) * annual
    columns["volatility_21"] = volatility
    columns["log_volatility_21"] = np.log(volatility)
    columns["volatility_rank"] = present(
        volatility, lambda x: x.rolling(RANK, min_periods=HISTORY).rank(method="max", pct=True))
    columns["long_run_volatility"] = present(
        returns, lambda x: x.expanding(HISTORY).std()) * annual
    columns |= ranges(bars, annual)
    columns["drawdown"] = present(close, lambda x: x / x.cummax() - 1)
    columns["drawdown_252"] = present(
        close, lambda x: x / x.rolling(YEAR, min_periods=1).max() - 1)
    columns["trend_200"] = present(close, lambda x: x / x.rolling(TREND).mean() - 1)
    columns["momentum_12_1"] = present(
        close, lambda x: log_ratio(x.shift(MONTH), x.shift(YEAR)))
    return columns


def ranges(bars, annual):
    opening, high, low, close = (bars[name] for name in ("open", "high", "low", "close"))

    def mean(column):
        return present(column, lambda x: x.rolling(MONTH).mean())

    def annualised(variance):
        return np.sqrt(variance.clip(lower=0)) * annual

    span, move = log_ratio(high, low), log_ratio(close, opening)
    up, down = log_ratio(high, opening), log_ratio(low, opening)
    within = up * (up - move) + down * (down - move)
    overnight = log_ratio(opening, close.shift(1))
    whole = within.notna() & overnight.notna()
    k = 0.34 / (1.34 + (MONTH + 1) / (MONTH - 1))

    def variance(column):
        return present(column.where(whole), lambda x: x.rolling(MONTH).var())

    return {
        "parkinson_21": annualised(mean(span**2 / (4 * np.log(2)))),
        "garman_klass_21": annualised(
            mean(0.5 * span**2 - (2 * np.log(2) - 1) * move**2)),
        "rogers_satchell_21": annualised(mean(within)),
        "yang_zhang_21": annualised(
            variance(overnight) + k * variance(move) + (1 - k) * mean(within.where(whole))),
    }


def with_gaps(bars):
    """Blanks a price on every row whose number leaves a certain rest."""
    bars = bars.copy()
    row = np.arange(len(bars))
    for name, divisor, rest in (("open", 31, 7), ("high", 37, 5), ("low", 41, 11)):
        bars.loc[row % divisor == rest, name] = np.nan
    bars.loc[(row % 43 == 13) | (row % 997 < 4), "close"] = np.nan
    return bars


def sampled(count):
    rows = [0, 1, 2, 5, 20, 21, 22, 23, 62, 63, 64, 83, 84, 199, 200, 201, 251, 252, 253, 254]
    return rows + list(range(300, count, 97)) + [count - 1]


def main():
    for name, pinned in PINNED.items():
        if version(name) != pinned:
            sys.exit(f"install {name}=={pinned}")
    bars = pd.read_csv(DATA)
    rows = sampled(len(bars))
    series = []
    for name, columns in (("whole", features(bars)), ("gaps", features(with_gaps(bars)))):
        values = {
            feature: [None if np.isnan(column[row]) else float(column[row]) for row in rows]
            for feature, column in columns.items()
        }
        series.append({"name": name, "features": values})
    golden = {"barsPerYear": BARS_PER_YEAR, "rows": rows, "series": series}
    print(json.dumps(golden, separators=(",", ":")).replace('},{"name"', '},\n{"name"'))


if __name__ == "__main__":
    main()
