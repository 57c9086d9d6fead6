#!/usr/bin/env python3
"""Prints the polynomials of the lane kernels' exp and log, found by Remez's exchange.

    pip install mpmath==1.4.1
    python3 Benchmarks/peers/minimax_polynomials.py

exp: (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2. log: (2 artanh(s) - 2 s) / s^3 in z = s^2 for the s of
mantissas from sqrt(1/2) to sqrt(2). Coefficients in hexadecimal, the constant first, and the
largest relative error as a power of two. They stand in LaneKernelsV1/Elementary.swift.
"""

import sys
from importlib.metadata import version

from mpmath import atanh, cos, exp, log, lu_solve, matrix, mp, mpf, pi, sqrt

PINNED = "1.4.1"
DIGITS = 50
EXCHANGES = 10
GRID = 1200


def extremes(errors):
    """Where the error is largest between two changes of its sign."""
    runs = [[0]]
    for index in range(1, len(errors)):
        if errors[index] * errors[index - 1] < 0:
            runs.append([])
        runs[-1].append(index)
    return [max(run, key=lambda k: abs(errors[k])) for run in runs]


def remez(function, weight, degree, low, high):
    count = degree + 2
    half = (high - low) / 2
    points = [(low + high) / 2 + half * cos(pi * (count - 1 - i) / (count - 1))
              for i in range(count)]
    grid = [low + (high - low) * i / GRID for i in range(GRID + 1)]
    for _ in range(EXCHANGES):
        left, right = matrix(count, count), matrix(count, 1)
        for i, x in enumerate(points):
            for j in range(degree + 1):
                left[i, j] = x**j
            left[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = function(x)
        solution = lu_solve(left, right)
        terms = [solution[j] for j in range(degree + 1)]
        errors = [(sum(c * x**j for j, c in enumerate(terms)) - function(x)) * weight(x)
                  for x in grid]
        found = extremes(errors)
        if len(found) >= count:
            largest = sorted(found, key=lambda k: -abs(errors[k]))[:count]
            points = [grid[k] for k in sorted(largest)]
    return terms, max(abs(error) for error in errors)


def exponential(r):
    return mpf(1) / 2 if abs(r) < mpf("1e-12") else (exp(r) - 1 - r) / r**2


def logarithm(z):
    s = sqrt(z)
    return mpf(2) / 3 if s < mpf("1e-8") else (2 * atanh(s) - 2 * s) / s**3


def show(name, terms, error):
    print(f"{name}: 2^{float(log(error, 2)):.2f}")
    for term in terms:
        print("  " + float(term).hex())


def main():
    if version("mpmath") != PINNED:
        sys.exit(f"install mpmath=={PINNED}")
    mp.dps = DIGITS
    reach = log(2) / 2 * mpf("1.0000001")
    show("exp", *remez(exponential, lambda r: max(r * r, mpf("1e-6")) / exp(r), 9, -reach, reach))
    edge = (sqrt(2) - 1) / (sqrt(2) + 1) * mpf("1.000001")
    terms, error = remez(logarithm, lambda z: max(z, mpf("1e-5")), 6, mpf(0), edge**2)
    show("log", terms, error / 2)


if __name__ == "__main__":
    main()
