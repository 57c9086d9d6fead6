#!/usr/bin/env python3
"""Writes exact values of exp and ln, for KernelsTests to count units in the last place with.

    pip install mpmath==1.4.1
    python3 Benchmarks/peers/vector_math.py > Fixtures/golden/vector_math.csv

A row `function,x,nearest,rest`: the double nearest to the value, and what the value lies above it,
in units of that double's last place. Doubles are written in hexadecimal, so they are exact.
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
    return exponents, positives


def row(name, function, x):
    exact = function(mpmath.mpf(x))
    nearest = float(exact)
    rest = float((exact - mpmath.mpf(nearest)) / mpmath.mpf(math.ulp(nearest)))
    print(f"{name},{x.hex()},{nearest.hex()},{rest:.6f}")


def main():
    if version("mpmath") != PINNED:
        sys.exit(f"install mpmath=={PINNED}")
    mpmath.mp.dps = DIGITS
    print("function,x,nearest,rest")
    exponents, positives = arguments()
    for x in exponents:
        row("exp", mpmath.exp, x)
    for x in positives:
        row("log", mpmath.log, x)


if __name__ == "__main__":
    main()
