"""The current regime by FastAPI, uvicorn and redis-py, for `make bench-gateway` to set us against.

Reads the entry that `bloasis serve` wrote to Redis, adds whether it is stale by the calendar of
the exchange, and answers what `GET /v1/market-regime/current` of ours answers; uvloop, httptools
and hiredis underneath; no line is logged for a request. Twice: `documented` is written as FastAPI's
documentation has it, with a response model, and `application` as fast as FastAPI goes while it
still reads the entry, a `Response` of orjson's bytes that no model is checked against.

    REDIS_URL=redis://… uvicorn --app-dir Benchmarks/peers fastapi_current:documented
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
from pydantic import BaseModel

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


async def entry_of(request, market, timeframe):
    key = "market:regime:current"
    if (market, timeframe) != DEFAULT_SERIES:
        key = f"{key}:{market}:{timeframe}"
    entry = await request.app.state.redis.get(key)
    if entry is None:
        raise HTTPException(404, f"nothing is known of {market} {timeframe}")
    return entry


def staleness(as_of):
    """Whether an answer is stale, and since when."""
    due = CLOSES[bisect.bisect_right(CLOSES, datetime.datetime.fromisoformat(as_of))]
    is_stale = due <= datetime.datetime.now(datetime.timezone.utc)
    return is_stale, due.strftime("%Y-%m-%dT%H:%M:%SZ") if is_stale else ""


class Regime(BaseModel):
    regime: str
    confidence: float
    timestamp: str
    trigger: str
    reasoning: str
    riskLevel: str
    indicators: dict[str, float]
    market: str
    timeframe: str
    asOf: str
    sequence: str
    probabilities: dict[str, float]
    rawRegime: str
    previousRegime: str
    since: str
    modelVersion: str
    confidenceKind: str
    stale: bool = False
    staleSince: str = ""
    inputMissing: bool
    revision: int
    availableAt: str


documented = FastAPI(lifespan=lifespan)


@documented.get("/v1/market-regime/current")
async def current_regime(request: Request, market: str = "SPX", timeframe: str = "1d") -> Regime:
    answer = Regime.model_validate_json(await entry_of(request, market, timeframe))
    answer.stale, answer.staleSince = staleness(answer.asOf)
    return answer


application = FastAPI(lifespan=lifespan)


@application.get("/v1/market-regime/current")
async def current(request: Request, market: str = "SPX", timeframe: str = "1d") -> Response:
    answer = orjson.loads(await entry_of(request, market, timeframe))
    answer["stale"], answer["staleSince"] = staleness(answer["asOf"])
    return Response(orjson.dumps(answer), media_type="application/json")
