"""Reads every CSV file of Fixtures/ with Python's csv module, independently of the Swift reader.

Writes Fixtures/golden/csv_reading.json: per file and choice of options the counts, the first and
the last bar and a checksum over all bars. Run from anywhere:
python3 Benchmarks/peers/csv_reading.py
"""

import csv
import datetime as dt
import gzip
import json
import math
import pathlib
import struct
from zoneinfo import ZoneInfo

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Fixtures"
EPOCH = dt.date(1970, 1, 1)
MISSING = struct.pack("<d", math.nan)


def rows(name):
    opener = gzip.open if name.endswith(".gz") else open
    with opener(FIXTURES / name, "rt", newline="") as file:
        table = csv.reader(file)
        header = next(table)
        for row in table:
            assert len(row) == len(header), (name, row)
            yield dict(zip(header, row))


def number(text):
    return float(text) if text else math.nan


def weekday_of_month(year, month, weekday, n):
    """The n-th such weekday of a month; the last one for n = -1."""
    if n > 0:
        first = dt.date(year, month, 1)
        return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = dt.date(year, month + 1, 1) - dt.timedelta(1)
    return last - dt.timedelta((last.weekday() - weekday) % 7)


def easter(year):
    """Butcher's algorithm for the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    l = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * l) // 451
    month, day = divmod(h + l - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def observed(day, saturday_too=True):
    if day.weekday() == 6:
        return day + dt.timedelta(1)
    return day - dt.timedelta(1) if day.weekday() == 5 and saturday_too else day


def holidays(year):
    """NYSE holidays by rule, 1990-2022, and the one special closing that a fixture has a row on."""
    days = {
        observed(dt.date(year, 1, 1), saturday_too=False),
        weekday_of_month(year, 2, 0, 3),
        easter(year) - dt.timedelta(2),
        weekday_of_month(year, 5, 0, -1),
        observed(dt.date(year, 7, 4)),
        weekday_of_month(year, 9, 0, 1),
        weekday_of_month(year, 11, 3, 4),
        observed(dt.date(year, 12, 25)),
        dt.date(2018, 12, 5),
    }
    if year >= 1998:
        days.add(weekday_of_month(year, 1, 0, 3))
    if year >= 2022:
        days.add(observed(dt.date(year, 6, 19)))
    return days


def has_session(day):
    return day.weekday() < 5 and day not in holidays(day.year)


def nanoseconds(moment):
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)).total_seconds()) * 10**9


def checksum(bars):
    """FNV-1a over 64-bit words: stamp, open, high, low, close, volume of each bar."""
    total = 0xCBF29CE484222325
    for stamp, *values in bars:
        words = [stamp & (2**64 - 1)]
        for value in values:
            packed = MISSING if math.isnan(value) else struct.pack("<d", value)
            words.append(struct.unpack("<Q", packed)[0])
        for word in words:
            total = ((total ^ word) * 0x100000001B3) & (2**64 - 1)
    return f"{total:016x}"


def written(bar):
    stamp, *values = bar
    return {"stamp": stamp, "values": [None if math.isnan(v) else v for v in values]}


def case(name, options, bars, count, padded=0, off_session=0, out_of_place=0, newest_first=False):
    return {
        "file": name,
        "options": options,
        "rows": count,
        "bars": len(bars),
        "paddedRows": padded,
        "offSessionRows": off_session,
        "outOfPlaceRows": out_of_place,
        "newestFirst": newest_first,
        "missingCloses": sum(math.isnan(bar[4]) for bar in bars),
        "first": written(bars[0]),
        "last": written(bars[-1]),
        "checksum": checksum(bars),
    }


def daily(name, columns, keep=lambda row: True, adjusted=None, **options):
    """columns: date, open, high, low, close, volume; None for one that the file does not have."""
    date, *prices = columns
    bars, count, padded, off_session, last = [], 0, 0, 0, None
    for row in filter(keep, rows(name)):
        count += 1
        day = dt.date.fromisoformat(row[date])
        values = [number(row[column]) if column else math.nan for column in prices]
        if adjusted:
            target = number(row[adjusted])
            ratio = target / values[3]
            values = [v * ratio for v in values[:3]] + [target, values[4]]
        if not has_session(day):
            if last is not None and repr(values) == repr(last):
                padded += 1
                continue
            off_session += 1
        assert not bars or (day - EPOCH).days > bars[-1][0], (name, row)
        bars.append([(day - EPOCH).days, *values])
        last = values
    if adjusted:
        options["price"] = "adjusted"
    return case(name, options, bars, count, padded, off_session)


def emini():
    name = "emini_sp500_1min_2013-09.csv"
    chicago, new_york = ZoneInfo("America/Chicago"), ZoneInfo("America/New_York")
    bars, off_session = [], 0
    for row in rows(name):
        opened = dt.datetime.fromisoformat(row["timestamp"]).replace(tzinfo=chicago)
        closed = opened.astimezone(dt.timezone.utc) + dt.timedelta(minutes=1)
        day = (closed - dt.timedelta(microseconds=1)).astimezone(new_york).date()
        off_session += not has_session(day)
        names = ["open", "high", "low", "close", "volume"]
        bars.append([nanoseconds(closed), *(number(row[n]) for n in names)])
    options = {"timeframe": "1m", "stamp": "open", "timeZone": "America/Chicago"}
    return case(name, options, bars, len(bars), off_session=off_session)


def bitcoin():
    name = "btcusd_coinbase_1h_2017_2019.csv.gz"
    bars = []
    for row in rows(name):
        closed = dt.datetime.strptime(row["date"], "%Y-%m-%d %I-%p")
        names = ["open", "high", "low", "close", "volume"]
        stamp = nanoseconds(closed.replace(tzinfo=dt.timezone.utc))
        bars.append([stamp, *(number(row[n]) for n in names)])
    against_the_order = sum(a[0] < b[0] for a, b in zip(bars, bars[1:]))
    bars.sort()
    assert len({bar[0] for bar in bars}) == len(bars)
    options = {"timeframe": "1h", "calendar": "24x7"}
    return case(
        name, options, bars, len(bars), out_of_place=against_the_order, newest_first=True)


def cases():
    index = ["date", "open", "high", "low", "close", "volume"]
    for name in ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"]:
        yield daily(name, index)
        yield daily(name, index, adjusted="adj_close")
    capitals = ["Date", "Open", "High", "Low", "Close", "Volume"]
    yield daily("spx_padded_weekends_2015_2020.csv", capitals)
    yield daily("vix_daily_2014_2019.csv", ["date", None, None, None, "vix", None])
    wide = "us_equities_20_close_1990_2022.csv.gz"
    for market in list(next(rows(wide)))[1:]:
        yield daily(wide, ["date", None, None, None, market, None], market=market)
    long = "us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz"
    for market in sorted({row["Ticker"] for row in rows(long)}):
        chosen = lambda row, market=market: row["Ticker"] == market
        yield daily(long, capitals, chosen, market=market)
        yield daily(long, capitals, chosen, adjusted="Adj Close", market=market)
    yield emini()
    yield bitcoin()


if __name__ == "__main__":
    golden = FIXTURES / "golden"
    golden.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(one) for one in cases())
    (golden / "csv_reading.json").write_text(f"[\n{lines}\n]\n")
