"""What the dashboard is looked at on: stores made by the program, servers of its own, and one
browser for all.
"""

import base64
import contextlib
import datetime
import hmac
import http.client
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "Fixtures"
CHROMIUM = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 30
ANSWER_LIMIT_SECONDS = 30
BACKFILL_LIMIT_SECONDS = 300
TELLING_LIMIT_SECONDS = 120

# The markets are closed, and the last session of the bundled histories is the latest there is.
NOW = "2019-01-01T12:00:00Z"
# Up to here, and not including it, the longer histories are read.
END_DAY = "2019-01-01"
# The day after, when tokens of that day expire.
TOKEN_EXPIRES = 1_546_400_000
# As long as a market's name may be, in the widest letter.
LONGEST = "W" * 32
SHIM = f"/usr/lib/{platform.machine()}-linux-gnu/faketime/libfaketimeMT.so.1"

# Nothing of the machine shows: no processor's own shapes of letters, no other host.
CHROMIUM_OPTIONS = (
    "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-lcd-text",
    "--font-render-hinting=none", "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def token(secret, subject="reader", expires=TOKEN_EXPIRES):
    """A token of HS256, good on the stage's day."""
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"sub": subject, "scope": "bloasis:user", "exp": expires}
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims)]
    signature = hmac.digest(secret.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, encoded(signature)]).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Store:
    """A home of the program's own."""

    def __init__(self, program, home):
        self.program = program
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)

    def environment(self, **more):
        """Nobody's own settings; the profile of a build with coverage is."""
        kept = {name: os.environ[name] for name in ("PATH", "LLVM_PROFILE_FILE")
                if name in os.environ}
        return kept | {
            "BLOASIS_HOME": str(self.home / "store"), "LOG_LEVEL": "WARNING", "TZ": "UTC"} | more

    def run(self, *arguments, **variables):
        """The standard output of a run that must succeed."""
        done = subprocess.run(
            [self.program, *map(str, arguments)], env=self.environment(**variables),
            cwd=self.home, capture_output=True, text=True, timeout=BACKFILL_LIMIT_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def backfill(self, csv, market, *options, model="rules"):
        """Writes a market's history and announces its changes."""
        return self.run("backfill", "--csv", csv, "--market", market, "--emit", *options,
                        BLOASIS_MODEL=model)

    def backfill_universe(self, csv, *options):
        return self.run("backfill", "--universe", csv, "--emit", *options, BLOASIS_MODEL="rules")

    def copy(self, home):
        shutil.copytree(self.home / "store", pathlib.Path(home) / "store")
        return Store(self.program, home)


class Server:
    """`serve` on a free loopback port, which it keeps when it is started again."""

    def __init__(self, store, now=None, **variables):
        self.store = store
        self.now = now
        self.variables = variables
        self.port = free_port()
        self.process = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        variables = {"HTTP_PORT": str(self.port), "GRPC_PORT": str(free_port())}
        command = [self.store.program, "serve"]
        if self.now:
            # The library moves the first program's environment; the next finds its arguments.
            command = ["/usr/bin/env", *command]
            variables |= {
                "LD_PRELOAD": SHIM, "FAKETIME": "@" + self.now[:19].replace("T", " "),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        log = (self.store.home / "serve.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command, cwd=self.store.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.store.environment(**variables, **self.variables))
        self.await_ready()
        return self

    def await_ready(self):
        end = time.monotonic() + START_LIMIT_SECONDS
        while self.status("/health") != 200:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.store.home / "serve.log").read_text()[-4000:])
            time.sleep(0.02)

    def stop(self):
        """Ends it as an operator does."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, path, body=None):
        """Status and text of an answer."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=ANSWER_LIMIT_SECONDS)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self, path):
        try:
            return self.call("GET", path)[0]
        except OSError:
            return 0

    def ask(self, path, **parameters):
        """What the API says, an object."""
        query = "&".join(f"{name.replace('__', '.')}={value}" for name, value
                         in parameters.items())
        return self.json(f"/v1/market-regime/{path}?{query}")

    def json(self, path):
        status, text = self.call("GET", path)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text}")
        return json.loads(text)

    def items(self, path, **parameters):
        """All items of a list, whatever number of pages."""
        items, token = [], ""
        while True:
            page = self.ask(path, **parameters, page_size=5000, page_token=token)
            items += page.get("items", [])
            token = page.get("nextPageToken", "")
            if not token:
                return items

    def await_told(self):
        """Waits until everything that was announced has been told."""
        announced = sum(int(series["sequence"]) for series in self.items("series"))
        end = time.monotonic() + TELLING_LIMIT_SECONDS
        while int(self.json("/v1/notifications?page_size=1")["tally"]["told"]) < announced:
            if time.monotonic() > end:
                raise RuntimeError(f"fewer than {announced} changes have been told")
            time.sleep(0.1)

    def history(self, market, start="1900-01-01", end="2200-01-01", timeframe="1d"):
        return self.items(
            "history", market=market, timeframe=timeframe, time_range__start_date=start,
            time_range__end_date=end)

    def post_bar(self, market, time_of_close, close, timeframe="1d"):
        bar = {"market": market, "timestamp": time_of_close, "close": close,
               "timeframe": timeframe}
        status, text = self.call("POST", "/v1/market-data/bars", json.dumps(bar))
        if status != 200:
            raise RuntimeError(f"{bar}: {status} {text}")
        return json.loads(text)


class Stage:
    """Everything that tests share, made when it is first asked for and taken away in the end."""

    def __init__(self, program):
        self.program = str(pathlib.Path(program).resolve())
        self._exits = contextlib.ExitStack()
        self._stores = {}
        self._servers = {}
        self._browser = None
        self.folder = pathlib.Path(
            self._exits.enter_context(tempfile.TemporaryDirectory(prefix="bloasis-browser-")))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._exits.close()

    @property
    def browser(self):
        if self._browser is None:
            path = next((path for path in CHROMIUM if os.path.exists(path)), None)
            if path is None:
                raise RuntimeError("no Chromium: Scripts/install-dependencies.sh --tests")
            driver = self._exits.enter_context(sync_playwright())
            self._browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
            self._exits.callback(self._browser.close)
        return self._browser

    def store(self, name):
        """A store that tests only read: `markets`, `empty`, or what `stores` knows besides."""
        if name not in self._stores:
            store = Store(self.program, self.folder / name)
            STORES[name](store)
            self._stores[name] = store
        return self._stores[name]

    def server(self, name="markets"):
        """A server of such a store, which tests leave as it is, in the week of its last bar."""
        if name not in self._servers:
            server = Server(self.store(name), now=NOW)
            self._exits.callback(server.stop)
            self._servers[name] = server.start()
        return self._servers[name]

    @contextlib.contextmanager
    def own_server(self, name="markets", now=NOW, **variables):
        """A server of a copy, which a test may write to, stop and start."""
        with tempfile.TemporaryDirectory(prefix="copy-", dir=self.folder) as home:
            server = Server(self.store(name).copy(home), now=now, **variables)
            try:
                yield server.start()
            finally:
                server.stop()


def make_markets(store):
    """Twenty years of two indices, hours of bitcoin, and eleven years of twenty shares.

    Markets one after the other: so are their changes announced, told and shown.
    """
    store.backfill(FIXTURES / "spx_daily_1999_2018.csv", "SPX", model="hmm")
    store.backfill(FIXTURES / "nasdaq_daily_1999_2018.csv", "NASDAQ")
    store.backfill(
        FIXTURES / "btcusd_coinbase_1h_2017_2019.csv.gz", "BTC", "--calendar", "24x7",
        "--timeframe", "1h", "--to", END_DAY)
    store.backfill_universe(
        FIXTURES / "us_equities_20_close_1990_2022.csv.gz", "--from", "2008-01-01", "--to",
        END_DAY, "--threads", "1")


def make_empty(store):
    store.run("migrate")


def make_start(store):
    """The first 800 days of one index: a small store for tests that write to it."""
    lines = (FIXTURES / "spx_daily_1999_2018.csv").read_text().splitlines(keepends=True)[:800]
    csv = store.home / "start.csv"
    csv.write_text("".join(lines))
    store.backfill(csv, "SPX")


def make_restless(store):
    """A market whose regime hardly lasts: quiet and wild weeks, rising and falling."""
    rows, close, bars = ["date,close"], 100.0, 60_000
    time = datetime.datetime(2008, 1, 1)
    for number in range(bars):
        phase = number // 14 % 4
        swing = (0.0005, 0.03, 0.0008, 0.05)[phase] * (1 if number % 2 else -1)
        close *= 1 + swing + (0.0001, -0.004, 0.0001, 0.006)[phase]
        close = min(max(close, 1.0), 1e6)
        rows.append(f"{(time + datetime.timedelta(hours=number)):%Y-%m-%dT%H:%M:%SZ},{close:.6f}")
    csv = store.home / "restless.csv"
    csv.write_text("\n".join(rows) + "\n")
    store.backfill(csv, "RESTLESS", "--calendar", "24x7", "--timeframe", "1h")


def make_universe(store):
    """240 markets of 300 days each, and one whose name is as long as a name may be."""
    names = [f"M{number:03d}" for number in range(240)] + [LONGEST]
    rows = ["date," + ",".join(names)]
    start = datetime.date(2018, 3, 7)
    for index in range(300):
        day = start + datetime.timedelta(days=index)
        prices = (100 + (index * (number + 3) * 7 % 41) / (4 + number % 9)
                  for number in range(len(names)))
        rows.append(f"{day}," + ",".join(f"{price:.2f}" for price in prices))
    csv = store.home / "universe.csv"
    csv.write_text("\n".join(rows) + "\n")
    store.backfill_universe(csv, "--calendar", "24x7")


def make_one(store):
    """A market of a single bar, of which no model says anything yet."""
    csv = store.home / "one.csv"
    csv.write_text("date,close\n2018-12-31,100\n")
    store.backfill(csv, "ONE")


STORES = {
    "markets": make_markets, "empty": make_empty, "start": make_start, "restless": make_restless,
    "universe": make_universe, "one": make_one,
}
