#!/usr/bin/env python3
"""Writes exact values of exp, ln, 1/√x and ln(x/y), to count units in the last place with.

    pip install mpmath==1.4.1
    python3 Benchmarks/peers/vector_math.py > Fixtures/golden/vector_math.csv

A row `function,x,y,nearest,rest`: the arguments, of which y is 1 where there is but one, the double
nearest to the value, and what the value lies above it, in units of that double's last place.
Doubles are written in hexadecimal, so they are exact.
"""

import math
import random
import sys
from importlib.metadata import version

import mpmath

PINNED = "1.4.1"
DIGITS = 60
SEED = 7
POINTS = 150


def arguments():
    generator = random.Random(SEED)
    exponents = [-708.0, -1e-300, 0.0, 1.0, -1.0, 709.78, 0.5 * math.log(2), -0.5 * math.log(2)]
    exponents += [generator.uniform(-1, 1) for _ in range(POINTS)]
    exponents += [generator.uniform(-708, 709) for _ in range(POINTS)]
    exponents += [generator.choice((-1, 1)) * 2.0 ** generator.uniform(-60, 0) for _ in range(50)]
    positives = [5e-324, 2.0**-1022, 1.0, math.nextafter(1, 0), math.nextafter(1, 2), 0.5**0.5]
    positives += [math.e, sys.float_info.max, math.nextafter(0.5**0.5, 0), 2**0.5, 1e300, 1e-300]
    positives += [generator.uniform(0.6, 1.6) for _ in range(POINTS)]
    positives += [2.0 ** generator.uniform(-1070, 1023) for _ in range(POINTS)]
    for _ in range(50):
        positives.append(1 + generator.choice((-1, 1)) * 2.0 ** generator.uniform(-50, -3))
    return exponents, positives, ratios(generator)


def ratios(generator):
    """Two normal numbers above 0 each: close to one another, and at any distance."""
    least, largest = sys.float_info.min, sys.float_info.max
    found = [(1.0, 1.0), (least, largest), (largest, least), (2.0, 1.0), (3.0, 2.0**0.5)]
    for _ in range(POINTS):
        y = math.exp(generator.uniform(-5, 10))
        found.append((y * math.exp(generator.gauss(0, 0.02)), y))
    for _ in range(POINTS):
        found.append(tuple(2.0 ** generator.uniform(-1021, 1023) for _ in range(2)))
    for _ in range(50):
        y = generator.uniform(1, 2)
        found.append((math.nextafter(y, generator.choice((0, 4))), y))
    return found


def row(name, function, x, y=1.0):
    exact = function(mpmath.mpf(x), mpmath.mpf(y))
    nearest = float(exact)
    rest = float((exact - mpmath.mpf(nearest)) / mpmath.mpf(math.ulp(nearest)))
    print(f"{name},{x.hex()},{y.hex()},{nearest.hex()},{rest:.6f}")


def main():
    if version("mpmath") != PINNED:
        sys.exit(f"install mpmath=={PINNED}")
    mpmath.mp.dps = DIGITS
    print("function,x,y,nearest,rest")
    exponents, positives, pairs = arguments()
    for x in exponents:
        row("exp", lambda x, _: mpmath.exp(x), x)
    for x in positives:
        row("log", lambda x, _: mpmath.log(x), x)
    for x in positives:
        if x >= sys.float_info.min:
            row("rsqrt", lambda x, _: 1 / mpmath.sqrt(x), x)
    for x, y in pairs:
        row("log_ratio", lambda x, y: mpmath.log(x / y), x, y)


if __name__ == "__main__":
    main()
