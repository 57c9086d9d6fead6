#!/usr/bin/env python3
"""Writes what pandas and numpy make of a 200-day strategy, for EvaluationTests.

    pip install pandas==3.1.1 numpy==2.4.6
    python3 Benchmarks/peers/evaluation.py > Fixtures/golden/evaluation.json

On the bundled S&P 500 and NASDAQ: hold the market while the close is above its mean of 200 bars,
traded one bar after the label at 10 basis points. Figures of that strategy and of holding
throughout, on the bars themselves and on drawn ones; phases of 20 %, the mean log score of the
labels as forecasts of the next return, scores of made-up probabilities, intervals of shares and
medians, and what hysteresis makes of made-up labels. The same strategy over missing closes and on
two indices as a portfolio; a calibration of made-up outcomes.
"""

import json
import math
import sys
from importlib.metadata import version
from statistics import NormalDist, median_low

import numpy
import pandas

PINNED = {"pandas": "3.1.1", "numpy": "2.4.6"}
BARS_PER_YEAR = 252
MEAN_BARS = 200
DELAY = 1
COST = 0.001
MOVE = 0.2
PRIOR = 60
GAP_MEAN_BARS = 50
LATE_BARS = 1500
BLOCK_BARS = 21
SEED = 11
REPLICATES = 3
WORD = (1 << 64) - 1


class SplitMix64:
    """Steele, Lea and Flood 2014."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & WORD
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & WORD
        return mixed ^ (mixed >> 31)

    def unit(self):
        return (self.next() >> 11) * 2.0**-53


def drawn_rows(count, replicate):
    """A replicate of the stationary bootstrap (Politis and Romano 1994)."""
    generator = SplitMix64(SplitMix64((SEED + replicate * 0xD1B54A32D192ED03) & WORD).next())
    rows = []
    for _ in range(count):
        if not rows or generator.unit() < 1 / BLOCK_BARS:
            rows.append(int(generator.unit() * count))
        else:
            rows.append((rows[-1] + 1) % count)
    return rows


def figures(returns):
    wealth = numpy.concatenate([[1.0], numpy.cumprod(1 + returns)])
    annual = float(wealth[-1] ** (BARS_PER_YEAR / len(returns)) - 1)
    fall = float((1 - wealth / numpy.maximum.accumulate(wealth)).max())
    downside = numpy.sqrt((numpy.minimum(returns, 0) ** 2).mean())
    return {
        "annualisedReturn": annual,
        "sortino": float(returns.mean() / downside * numpy.sqrt(BARS_PER_YEAR)),
        "calmar": annual / fall,
        "annualisedVolatility": float(returns.std(ddof=1) * numpy.sqrt(BARS_PER_YEAR)),
        "sharpe": float(returns.mean() / returns.std(ddof=1) * numpy.sqrt(BARS_PER_YEAR)),
        "maximumDrawdown": fall,
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
        "drawn": [
            figures(net[drawn_rows(len(net), replicate)]) for replicate in range(REPLICATES)
        ],
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


def posterior():
    """Probabilities of three labels against the label that came."""
    generator = SplitMix64(5)
    rows = []
    for _ in range(400):
        masses = numpy.array([generator.unit() for _ in range(3)])
        came = int(generator.unit() * 3)
        rows.append((masses / masses.sum(), came))
    stated = numpy.array([masses for masses, _ in rows])
    came = numpy.eye(3)[[label for _, label in rows]]
    brier = float(((stated - came) ** 2).sum(axis=1).mean())
    base = float(1 - (came.mean(axis=0) ** 2).sum())
    return {"brier": brier, "baseBrier": base, "skill": 1 - brier / base}


def intervals():
    z = NormalDist().inv_cdf(0.975)
    shares = []
    for hits, count in [(0, 4), (3, 4), (17, 20), (250, 1000)]:
        share = hits / count
        # The roots of (share - p)^2 = z^2 p (1 - p) / count.
        roots = numpy.roots([1 + z * z / count, -2 * share - z * z / count, share**2])
        shares.append([hits, count, float(max(min(roots), 0)), float(min(max(roots), 1))])
    depths = []
    for count in [1, 5, 6, 9, 20, 100, 999]:
        below = [sum(math.comb(count, k) for k in range(d)) / 2**count for d in range(count)]
        depths.append([count, max(d for d in range(count) if below[d] <= 0.025)])
    return {"shares": shares, "medianDepths": depths}


def made_labels(count):
    """Labels that mostly stay."""
    generator = SplitMix64(7)
    labels = [0]
    while len(labels) < count:
        stays = generator.unit() >= 0.15
        labels.append(labels[-1] if stays else int(generator.unit() * 6))
    return pandas.Series(labels)


def with_hysteresis(raw, dwell, confirmation):
    """Each label taken on once it stood for so many bars and the one before stood long enough."""
    runs = raw.groupby((raw != raw.shift()).cumsum()).cumcount() + 1
    published, since = [raw[0]], 0
    for bar in range(1, len(raw)):
        free = bar - since >= dwell
        if raw[bar] != published[-1] and runs[bar] >= confirmation and free:
            published.append(raw[bar])
            since = bar
        else:
            published.append(published[-1])
    return pandas.Series(published)


def hysteresis():
    raw = made_labels(1500)
    first = DELAY + 1
    starts = raw.index.to_series().groupby((raw != raw.shift()).cumsum()).transform("min")
    rows = []
    for dwell, confirmation in [(1, 1), (1, 3), (10, 1), (10, 3)]:
        label = with_hysteresis(raw, dwell, confirmation)
        turns = [bar for bar in range(first, len(raw)) if label[bar] != label[bar - 1]]
        flips = sum(
            after - turn <= 21 and label[after] == label[turn - 1]
            for turn, after in zip(turns, turns[1:])
        )
        delays = [int(bar - starts[bar]) for bar in turns]
        inside = pandas.DataFrame({"raw": raw, "same": raw == label, "run": starts})[first:]
        runs = inside.groupby("run")["same"].agg(["size", "any"])
        rows.append(
            {
                "dwell": dwell,
                "confirmation": confirmation,
                "changes": len(turns),
                "falseFlips": int(flips),
                "delaySum": sum(delays),
                "delayMedian": median_low(delays),
                "missedRuns": int(((runs["size"] >= 21) & ~runs["any"]).sum()),
            }
        )
    return rows


def prices(name):
    table = pandas.read_csv(f"Fixtures/{name}", index_col="date", parse_dates=True)
    return table["close"]


def gaps():
    """A 50-day strategy where every so often a close is missing: the delay ends at a close."""
    close = prices("spx_daily_1999_2018.csv").reset_index(drop=True)
    known = pandas.Series([bar == 0 or bar * bar % 11 != 4 for bar in close.index])
    seen = close[known]
    mean = seen.rolling(GAP_MEAN_BARS).mean()
    above = (seen > mean).astype(float).where(mean.notna()).reindex(close.index).ffill()
    base = pandas.Series(seen.index, index=seen.index).shift()
    first = above.first_valid_index() + DELAY + 1
    rows = [bar for bar in seen.index if bar >= first]
    held = numpy.array([above[base[bar] - DELAY] for bar in rows])
    begun = above[(base[first] if first in base.index else first - 1) - DELAY]
    traded = numpy.abs(numpy.diff(held, prepend=begun))
    returns = seen.pct_change()[rows].to_numpy()
    net = (1 + held * returns) * (1 - COST * traded) - 1
    return figures(net) | {
        "bars": len(rows),
        "exposure": float(held.mean()),
        "turnover": float(traded.mean() * BARS_PER_YEAR),
    }


def pool():
    """The 200-day strategy on two indices, one of them later than the other, as a portfolio."""
    closes = [prices("nasdaq_daily_1999_2018.csv"), prices("spx_daily_1999_2018.csv")[LATE_BARS:]]
    markets = []
    for close in closes:
        mean = close.rolling(MEAN_BARS).mean()
        above = (close > mean).astype(float).where(mean.notna())
        held = above.shift(DELAY + 1).dropna()
        traded = held.diff().abs().fillna(0)
        net = (1 + held * close.pct_change()[held.index]) * (1 - COST * traded) - 1
        changed = above.diff().abs()[held.index]
        markets.append(
            pandas.DataFrame({"net": net, "held": held, "traded": traded, "changed": changed})
        )
    bars = pandas.concat(markets)
    days = bars.groupby(level=0).mean()
    return figures(days["net"].to_numpy()) | {
        "bars": len(bars),
        "exposure": float(days["held"].mean()),
        "turnover": float(days["traded"].mean() * BARS_PER_YEAR),
        "changesPerYear": float(bars["changed"].mean() * BARS_PER_YEAR),
    }


def calibration():
    """A logistic regression with a prior on both slopes, by Newton's method to the last bit."""
    generator = SplitMix64(13)
    rows = []
    for _ in range(900):
        probability, dwell = generator.unit(), 1 + int(generator.unit() * 20)
        held = generator.unit() < 0.2 + 0.6 * probability + (0.19 if dwell < 6 else 0)
        bounded = min(max(probability, 0.005), 0.995)
        ahead = max(10 - dwell, 0) / 10
        rows.append((1, math.log(bounded / (1 - bounded)), ahead, held))
    inputs = numpy.array([row[:3] for row in rows], float)
    held = numpy.array([row[3] for row in rows], float)
    prior = numpy.diag([0.0, 1, 1])
    beta = numpy.zeros(3)
    for _ in range(40):
        stated = 1 / (1 + numpy.exp(-inputs @ beta))
        weighted = inputs * (stated * (1 - stated))[:, None]
        gradient = inputs.T @ (held - stated) - prior @ beta
        beta = beta + numpy.linalg.solve(inputs.T @ weighted + prior, gradient)
    return {"coefficients": beta.tolist()}


def main():
    for package, pinned in PINNED.items():
        if version(package) != pinned:
            sys.exit(f"{package} {version(package)} is installed; these figures need {pinned}")
    answers = {
        "series": {
            name: series(name) for name in ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"]
        },
        "reliability": reliability(),
        "posterior": posterior(),
        "intervals": intervals(),
        "hysteresis": hysteresis(),
        "gaps": gaps(),
        "pool": pool(),
        "calibration": calibration(),
    }
    json.dump(answers, sys.stdout, indent=1)
    print()


main()
