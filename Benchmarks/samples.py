"""The data that both sides of `make bench-peers` work on, made from the bundled histories.

64 markets of 5,030 daily returns: the last 5,031 closes of 20 US stocks, the S&P 500 and the NASDAQ
Composite, over and again. So that nobody can profit from having seen a market before, each copy's
returns are stretched by 0.1 % and given a noise of 10⁻⁶ from a seeded generator.
"""

import csv
import gzip
import pathlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Fixtures"

MARKETS = 64
RETURNS = 5030
STATES = 3
STARTS = 8
ITERATIONS = 10
HALF_LIVES = (5, 20, 60)
SEED = 20260101

JUMP_PENALTY = 50.0
JUMP_STARTS = 10
# Bars before the first whose features are well filled.
JUMP_WARM_UP = 100
# Features further out than this many standard deviations count as that.
JUMP_CLIP = 3.0


def closes():
    """One array of closes for each bundled daily history."""
    series = []
    for name in ("spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"):
        with (FIXTURES / name).open() as file:
            series.append([float(row["close"]) for row in csv.DictReader(file)])
    with gzip.open(FIXTURES / "us_equities_20_close_1990_2022.csv.gz", "rt") as file:
        rows = list(csv.reader(file))
    for column in range(1, len(rows[0])):
        series.append([float(row[column]) for row in rows[1:]])
    return [numpy.array(values)[-(RETURNS + 1):] for values in series]


def markets():
    """MARKETS × (RETURNS + 1) closes."""
    originals = closes()
    random = numpy.random.default_rng(SEED)
    table = numpy.empty((MARKETS, RETURNS + 1))
    for market in range(MARKETS):
        copy, original = divmod(market, len(originals))
        prices = originals[original]
        if copy > 0:
            changes = numpy.diff(numpy.log(prices)) * (1 + 1e-3 * copy)
            changes += random.normal(0, 1e-6, changes.size)
            prices = prices[0] * numpy.exp(numpy.concatenate([[0.0], numpy.cumsum(changes)]))
        table[market] = prices
    return table


def chain(returns, start=0):
    """Parameters of a market's hidden Markov model: start, transition, means, variances."""
    spread = returns.std()
    random = numpy.random.default_rng([SEED, start])
    bend = 1 + 0.2 * random.uniform(-1, 1, STATES) if start else numpy.ones(STATES)
    transition = numpy.array([[0.97, 0.02, 0.01], [0.03, 0.95, 0.02], [0.02, 0.04, 0.94]])
    means = numpy.array([0.08, 0.0, -0.15]) * spread * bend
    variances = numpy.array([0.3, 1.0, 4.0]) * spread**2 * bend[::-1]
    return numpy.array([0.5, 0.3, 0.2]), transition, means, variances


def stationary(transition):
    """The distribution that a step leaves as it is."""
    size = len(transition)
    system = numpy.vstack([transition.T - numpy.eye(size), numpy.ones(size)])
    return numpy.linalg.lstsq(system, numpy.append(numpy.zeros(size), 1.0), rcond=None)[0]


def jump_features(returns):
    """Downside deviation and two Sortino ratios of a market, standardised and clipped."""
    def mean(values, half_life):
        decay = 0.5 ** (1 / half_life)
        total = weight = 0.0
        means = numpy.empty(values.size)
        for index, value in enumerate(values):
            total = total * decay + value
            weight = weight * decay + 1
            means[index] = total / weight
        return means

    squares = numpy.minimum(returns, 0) ** 2
    deviations = {half_life: numpy.sqrt(mean(squares, half_life)) for half_life in (20, 60)}
    columns = [deviations[20]]
    for half_life in (20, 60):
        with numpy.errstate(divide="ignore", invalid="ignore"):
            columns.append(mean(returns, half_life) / deviations[half_life])
    table = numpy.column_stack(columns)[JUMP_WARM_UP:]
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    return numpy.clip(table, -JUMP_CLIP, JUMP_CLIP)


class Samples:
    """Everything the work is done on, as arrays of doubles."""

    def __init__(self):
        self.closes = markets()
        self.returns = 100 * numpy.diff(numpy.log(self.closes), axis=1)
        self.starts = [
            [chain(returns, start) for start in range(STARTS)] for returns in self.returns
        ]
        self.chains = [starts[0] for starts in self.starts]
        self.stationary = numpy.array([stationary(c[1]) for c in self.chains])
        self.jump_features = numpy.array([jump_features(returns) for returns in self.returns])
        self.jump_centres = numpy.array([self.centres(table) for table in self.jump_features])

    @staticmethod
    def centres(table):
        """JUMP_STARTS × STATES rows of a market's features to start from, by k-means++."""
        from sklearn.cluster import kmeans_plusplus
        from sklearn.utils import check_random_state

        state = check_random_state(SEED % 2**31)
        return [
            kmeans_plusplus(table, STATES, random_state=state)[0] for _ in range(JUMP_STARTS)
        ]

    def write(self, folder):
        """One file of little-endian doubles for each array, as `bloasis-workloads` reads them."""
        def flat(chain):
            return numpy.concatenate([numpy.ravel(part) for part in chain])

        arrays = {
            "shape": numpy.array(
                [MARKETS, RETURNS, STATES, STARTS, ITERATIONS, self.jump_features.shape[1],
                 self.jump_features.shape[2], JUMP_STARTS, JUMP_PENALTY]),
            "closes": self.closes,
            "returns": self.returns,
            "starts": numpy.array([[flat(c) for c in starts] for starts in self.starts]),
            "stationary": self.stationary,
            "jump_features": self.jump_features,
            "jump_centres": self.jump_centres,
        }
        for name, array in arrays.items():
            numpy.ascontiguousarray(array, dtype="<f8").tofile(pathlib.Path(folder) / name)
