#!/usr/bin/env python3
"""Writes the sessions of the New York Stock Exchange, 1885 to 2030, for MarketTests to check.

    pip install pandas_market_calendars==5.5.0 tzdata==2026.6
    python3 Benchmarks/peers/nyse_sessions.py > Fixtures/golden/nyse_sessions.csv

A row `date,days,open_utc,close_utc` says how every day of its kind (`weekdays`, Monday to Friday,
or `saturdays`) runs from that date on, until the next row of the same kind; empty times mean shut.
Sundays never have a session.
"""

import sys
from importlib.metadata import version

import pandas
import pandas_market_calendars

PINNED = "5.5.0"
FIRST_DAY, LAST_DAY = "1885-01-01", "2030-12-31"
SATURDAY, SUNDAY = 5, 6


def hours(session):
    return f"{session.market_open:%H:%M},{session.market_close:%H:%M}"


def main():
    if version("pandas_market_calendars") != PINNED:
        sys.exit(f"install pandas_market_calendars=={PINNED}")
    calendar = pandas_market_calendars.get_calendar("NYSE")
    schedule = calendar.schedule(FIRST_DAY, LAST_DAY)
    sessions = {session.Index: hours(session) for session in schedule.itertuples()}
    print("date,days,open_utc,close_utc")
    said = {}
    for day in pandas.date_range(FIRST_DAY, LAST_DAY):
        now = sessions.get(day, ",")
        if day.weekday() == SUNDAY:
            assert now == ",", f"a session on Sunday {day:%Y-%m-%d}"
            continue
        kind = "saturdays" if day.weekday() == SATURDAY else "weekdays"
        if said.get(kind) != now:
            said[kind] = now
            print(f"{day:%Y-%m-%d},{kind},{now}")


if __name__ == "__main__":
    main()
