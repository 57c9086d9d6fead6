#!/usr/bin/env python3
"""Writes moments, shrunk covariances and portfolios of the strategy engine, pair by pair and by a
conic solver: numpy 2.4.6, cvxpy 1.9.3 with Clarabel 0.11.1.

    pip install numpy==2.4.6 scipy==1.17.1 cvxpy==1.9.3 clarabel==0.11.1
    python3 Benchmarks/peers/strategies.py > Fixtures/golden/strategies.json
"""

import csv
import gzip
import json
import pathlib
import sys

import cvxpy
import numpy
from scipy.stats import norm

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Fixtures"
BARS_PER_YEAR = 252
PRIOR_BARS = 63
LEAST_OWN_SHARE = 0.02
POOL_SHARPE = 0.5
REFERENCE_SHARPE = 0.5
PROFILES = {"conservative": 0.3, "moderate": 0.6, "aggressive": 0.9}


def closes():
    with gzip.open(FIXTURES / "us_equities_20_close_1990_2022.csv.gz", "rt") as file:
        rows = list(csv.reader(file))
    values = [[float(cell) if cell else numpy.nan for cell in row[1:]] for row in rows[1:]]
    return rows[0][1:], numpy.array(values)


def labels_of(prices):
    """Some labels: quiet, loud, falling, by what an equal mix did in the last 40 days."""
    mix = numpy.nanmean(prices[1:] / prices[:-1] - 1, axis=1)
    labels = ["low_volatility"] * 41
    for bar in range(41, len(prices)):
        past = mix[bar - 40 : bar]
        if past.std() > 0.013:
            labels.append("crisis" if past.mean() < 0 else "high_volatility")
        else:
            labels.append("normal_bull" if past.mean() > 0 else "normal_bear")
    return labels


def moments(returns, labels, regime):
    inside = numpy.array([label == regime for label in labels])
    others = (~inside).sum()
    weights = numpy.where(inside, 1.0, min(1, PRIOR_BARS / others) if others else 0)
    there = ~numpy.isnan(returns)
    mean, deviation, coverage, z = [], [], [], []
    for column in range(returns.shape[1]):
        own = weights * there[:, column]
        x = numpy.nan_to_num(returns[:, column])
        mean.append((own * x).sum() / own.sum())
        deviation.append(numpy.sqrt((own * (x - mean[-1]) ** 2).sum() / own.sum()))
        coverage.append(own.sum() / weights.sum())
        z.append(numpy.where(there[:, column], (x - mean[-1]) / deviation[-1], 0))
    return weights, map(numpy.array, (mean, deviation, coverage)), numpy.array(z).T


def constant_correlation(z, weights):
    """Ledoit and Wolf (2004), appendix B, with every pair written out."""
    share = weights / weights.sum()
    sample = (z * share[:, None]).T @ z
    count = len(sample)
    off = ~numpy.eye(count, dtype=bool)
    mean = sample[off].mean() if count > 1 else 0.0
    target = numpy.where(off, mean, 1.0)
    pi = rho = 0.0
    for i in range(count):
        for j in range(count):
            if i == j:
                continue
            pi += (share * (z[:, i] * z[:, j] - sample[i, j]) ** 2).sum()
            for k in (i, j):
                theta = share * (z[:, k] ** 2 - sample[k, k])
                rho += mean / 2 * (theta * (z[:, i] * z[:, j] - sample[i, j])).sum()
    gamma = ((sample - target)[off] ** 2).sum()
    effective = weights.sum() ** 2 / (weights**2).sum()
    intensity = (pi - rho) / gamma / effective if count > 1 and gamma > 1e-12 else 0
    intensity = min(max(intensity, 0), 1)
    full = numpy.where(off, sample, 1.0)
    mixed = intensity * target + (1 - intensity) * full
    own = LEAST_OWN_SHARE * numpy.eye(count)
    return intensity, mean, (1 - LEAST_OWN_SHARE) * mixed + own


def expected(mean, deviation, coverage, correlation, covariance, total):
    count = len(mean)
    pool = mean.mean()
    spread = covariance.sum() / count**2
    error = spread / total
    prior = POOL_SHARPE**2 / BARS_PER_YEAR * spread
    kept = prior / (prior + error)
    errors = deviation**2 * (1 - max(correlation, 0)) / (total * coverage)
    difference = max(0, ((mean - pool) ** 2).mean() - errors.mean())
    own = difference / (difference + errors) if difference else 0 * errors
    posterior = kept * error
    return kept * pool + own * (mean - pool), kept, posterior, own * errors


def limits(profile):
    tolerance = PROFILES[profile]
    return 0.2 * tolerance, tolerance, 0.3 if profile == "aggressive" else 0.0


def solve(means, covariance, held, cost, profile):
    target, longest, shortest = limits(profile)
    root = numpy.linalg.cholesky(covariance)
    w = cvxpy.Variable(len(means))
    aversion = REFERENCE_SHARPE / target
    worth = (
        means @ w
        - aversion / 2 * cvxpy.sum_squares(root.T @ w)
        - cost * cvxpy.norm1(w - held)
    )
    risk = target / numpy.sqrt(BARS_PER_YEAR)
    bounds = [
        w >= -shortest,
        w <= longest,
        cvxpy.norm1(w) <= 1,
        cvxpy.norm2(root.T @ w) <= risk,
    ]
    scale = 1e4
    problem = cvxpy.Problem(cvxpy.Maximize(scale * worth), bounds)
    problem.solve(
        solver="CLARABEL", tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12
    )
    return w.value


def stretch(labels, regime):
    runs, bars = 0, 0
    for bar, label in enumerate(labels):
        if label == regime:
            bars += 1
            runs += bar == 0 or labels[bar - 1] != regime
    return bars / runs if runs else 21


def case(names, prices, labels, rows, symbols, regime, profile, held):
    prices, labels = prices[rows], labels[rows]
    columns = [names.index(symbol) for symbol in symbols]
    chosen = prices[:, columns]
    returns = chosen[1:] / chosen[:-1] - 1
    known = labels[:-1]
    weights, (mean, deviation, coverage), z = moments(returns, known, regime)
    intensity, correlation, matrix = constant_correlation(z, weights)
    covariance = matrix * numpy.outer(deviation, deviation)
    means, kept, pooled, own = expected(
        mean, deviation, coverage, correlation, covariance, weights.sum()
    )
    horizon = min(max(stretch(known, regime), 5), 63)
    held = numpy.array(held)
    shares = solve(means, covariance, held, 0.001 / horizon, profile)
    risk = numpy.sqrt(shares @ covariance @ shares * BARS_PER_YEAR)
    belief = numpy.sqrt(shares.sum() ** 2 * pooled + (own * shares**2).sum())
    return {
        "first": rows.start,
        "last": rows.stop,
        "symbols": symbols,
        "regime": regime,
        "profile": profile,
        "held": held.tolist(),
        "volatilities": (deviation * numpy.sqrt(BARS_PER_YEAR)).tolist(),
        "means": (means * BARS_PER_YEAR).tolist(),
        "meanShare": kept,
        "intensity": intensity,
        "correlation": correlation,
        "horizon": horizon,
        "shares": shares.tolist(),
        "volatility": risk,
        "confidence": float(norm.cdf(means @ shares / belief)) if belief > 1e-9 else None,
        "regimeBars": int(sum(label == regime for label in known)),
    }


def main():
    names, prices = closes()
    labels = labels_of(prices)
    ten = names[::2]
    random = numpy.random.default_rng(20260801)
    cases = []
    for first, last in ((0, 900), (2500, 5000), (5000, len(prices))):
        for regime in ("normal_bull", "crisis"):
            for profile in PROFILES:
                for symbols in (["MSFT"], ["KO", "PEP"], ten, names):
                    size = len(symbols)
                    for held in ([0.0] * size, (random.random(size) * 0.6 / size).tolist()):
                        cases.append(
                            case(
                                names, prices, labels, slice(first, last), symbols, regime,
                                profile, held,
                            )
                        )
    runs = [[labels[0], 0]]
    for label in labels:
        if label != runs[-1][0]:
            runs.append([label, 0])
        runs[-1][1] += 1
    json.dump({"labels": runs, "cases": cases}, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
