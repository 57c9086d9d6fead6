#!/usr/bin/env python3
"""Writes every change of New York's UTC offset, 1901 to 2037, for MarketTests to check against.

    pip install tzdata==2026.6
    python3 Benchmarks/peers/new_york_transitions.py > Fixtures/golden/new_york_transitions.csv

The system's own time zone files are ignored, so the output depends on the pinned package alone.
"""

import sys
import zoneinfo
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

PINNED = "2026.6"
FIRST_YEAR, LAST_YEAR = 1901, 2037


def offset_seconds(zone, instant):
    return int(instant.astimezone(zone).utcoffset().total_seconds())


def change_between(zone, early, late):
    """The first second at which the later offset holds."""
    before = offset_seconds(zone, early)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=1) // 2)
        if offset_seconds(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late


def main():
    if version("tzdata") != PINNED:
        sys.exit(f"tzdata {version('tzdata')} found; install tzdata=={PINNED}")
    zoneinfo.reset_tzpath([])
    zone = zoneinfo.ZoneInfo("America/New_York")
    print("utc,offset_before,offset_after")
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=timezone.utc)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=timezone.utc)
    while day < end:
        following = day + timedelta(days=1)
        before, after = offset_seconds(zone, day), offset_seconds(zone, following)
        if before != after:
            change = change_between(zone, day, following)
            print(f"{change:%Y-%m-%dT%H:%M:%SZ},{before},{after}")
        day = following


if __name__ == "__main__":
    main()
