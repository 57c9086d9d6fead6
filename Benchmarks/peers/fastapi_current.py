"""The current regime by FastAPI, uvicorn and redis-py, for `make bench-gateway` to set us against.

Reads the entry that `bloasis serve` wrote to Redis, adds whether it is stale by the calendar of
the exchange, and answers what `GET /v1/market-regime/current` of ours answers. As fast as FastAPI
goes while it still reads the entry: a `Response` of orjson's bytes, which no response model is
checked against; uvloop, httptools and hiredis underneath; no line is logged for a request.

    REDIS_URL=redis://… uvicorn --app-dir Benchmarks/peers fastapi_current:application
"""

import bisect
import contextlib
import csv
import datetime
import os
import pathlib

import orjson
import redis.asyncio
from fastapi import FastAPI, HTTPException, Request, Response

SESSIONS = pathlib.Path(__file__).resolve().parents[2] / "Fixtures" / "golden" / "nyse_sessions.csv"
FIRST_DAY, LAST_DAY = datetime.date(2018, 1, 1), datetime.date(2030, 12, 31)
DEFAULT_SERIES = ("SPX", "1d")


def session_closes():
    """When each session ends, oldest first; a row of the file holds from its date on, for days of
    its kind, until the next row."""
    with SESSIONS.open() as file:
        changes = {(row["date"], row["days"]): row["close_utc"] for row in csv.DictReader(file)}
    # There is a row for the first day.
    closes, weekdays = [], ""
    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + datetime.timedelta(days=number)
        weekdays = changes.get((day.isoformat(), "weekdays"), weekdays)
        if weekdays and day.weekday() < 5:
            close = datetime.time.fromisoformat(weekdays)
            closes.append(datetime.datetime.combine(day, close, datetime.timezone.utc))
    return closes


CLOSES = session_closes()


@contextlib.asynccontextmanager
async def lifespan(application):
    async with redis.asyncio.from_url(os.environ["REDIS_URL"]) as client:
        application.state.redis = client
        yield


application = FastAPI(lifespan=lifespan)


@application.get("/v1/market-regime/current")
async def current(request: Request, market: str = "SPX", timeframe: str = "1d") -> Response:
    key = "market:regime:current"
    if (market, timeframe) != DEFAULT_SERIES:
        key = f"{key}:{market}:{timeframe}"
    entry = await request.app.state.redis.get(key)
    if entry is None:
        raise HTTPException(404, f"nothing is known of {market} {timeframe}")
    answer = orjson.loads(entry)
    due = CLOSES[bisect.bisect_right(CLOSES, datetime.datetime.fromisoformat(answer["asOf"]))]
    answer["stale"] = due <= datetime.datetime.now(datetime.timezone.utc)
    answer["staleSince"] = due.strftime("%Y-%m-%dT%H:%M:%SZ") if answer["stale"] else ""
    return Response(orjson.dumps(answer), media_type="application/json")
