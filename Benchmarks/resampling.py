"""Makes a daily universe by resampling the bundled returns of 20 stocks, with a seed.

Each market is a stationary bootstrap (Politis and Romano 1994) of one stock's log returns: blocks
of geometric length keep their clusters of volatility. Dates are those of the New York Stock
Exchange from 2000 on, so that a model fitted on bars until the end of 1999 knows only the past. The
same seed gives the same bytes.
"""

import argparse
import csv
import gzip
import pathlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
STOCKS = ROOT / "Fixtures" / "us_equities_20_close_1990_2022.csv.gz"

FIRST_DAY = "2000-01-01"
# The exchange was closed for the mourning of a president; the bundled file has a row all the same.
CLOSED = {"2018-12-05"}
SEED = 20260101
BLOCK_BARS = 21
FIRST_CLOSE = 1_000.0
# Closes are written with so many digits, as vendors do.
DECIMALS = 4
# Kept from where so few decimals would say nothing of a return.
LEAST_CLOSE = 0.1
# Two of the bundled returns are larger; in a calmer block they would look like a split that prices
# are not adjusted for, and the market would be refused.
LARGEST_RETURN = 0.5


def read_stocks():
    """The session dates from the first day on, and log returns, a column for each stock."""
    with gzip.open(STOCKS, "rt") as file:
        rows = list(csv.reader(file))[1:]
    dates = [row[0] for row in rows if row[0] >= FIRST_DAY and row[0] not in CLOSED]
    closes = numpy.array([[float(cell) for cell in row[1:]] for row in rows])
    returns = numpy.diff(numpy.log(closes), axis=0)
    return dates, numpy.clip(returns, -LARGEST_RETURN, LARGEST_RETURN)


def bars_most():
    """As many bars as there are session dates."""
    return len(read_stocks()[0])


def drawn_rows(random, count, bars):
    """Rows of `count`, in blocks: each next one follows the one before, or begins a new block."""
    begins = random.random(bars) < 1 / BLOCK_BARS
    begins[0] = True
    starts = random.integers(count, size=bars)
    place = numpy.maximum.accumulate(numpy.where(begins, numpy.arange(bars), 0))
    return (starts[place] + numpy.arange(bars) - place) % count


def closes(market, bars, returns):
    """One market's closes; each market has a generator of its own, so that a larger universe begins
    with the smaller one."""
    random = numpy.random.default_rng([SEED, market])
    column = returns[:, market % returns.shape[1]]
    drawn = column[drawn_rows(random, len(column), bars)]
    # Without the stock's own growth, so that a long history ends near where it began.
    path = FIRST_CLOSE * numpy.exp(numpy.cumsum(drawn - column.mean()))
    return numpy.maximum(path, LEAST_CLOSE)


def name(market):
    return f"M{market:05d}"


def write(path, markets, bars):
    """A table with a column for each market, as `bloasis backfill --universe` reads it."""
    dates, returns = read_stocks()
    if not 1 <= bars <= len(dates):
        raise ValueError(f"{bars} bars: there are session dates for 1 to {len(dates)}")
    table = numpy.empty((bars, markets))
    for market in range(markets):
        table[:, market] = closes(market, bars, returns)
    path = pathlib.Path(path)
    opener = gzip.open if path.suffix == ".gz" else open
    row = ",".join([f"%.{DECIMALS}f"] * markets) + "\n"
    with opener(path, "wt") as file:
        file.write(",".join(["date", *map(name, range(markets))]) + "\n")
        for date, cells in zip(dates, table):
            file.write(date + "," + row % tuple(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="where to write it; .gz compresses")
    parser.add_argument("--markets", type=int, default=500)
    parser.add_argument("--bars", type=int, default=5_000)
    arguments = parser.parse_args()
    most = bars_most()
    if arguments.markets < 1 or not 1 <= arguments.bars <= most:
        parser.error(f"one market at least, 1 to {most} bars")
    write(arguments.path, arguments.markets, arguments.bars)


if __name__ == "__main__":
    main()
