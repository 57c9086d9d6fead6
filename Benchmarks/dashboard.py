"""Times the dashboard's first view of twenty years (`make bench`).

Each run is a browser context of its own, with nothing cached: from opening the permalink of the
bundled S&P 500 history until the view says that it is drawn. Scripting is what Chromium itself
counts as the time of scripts (`Performance.getMetrics`); one run before the first warms it up.
"""

import argparse
import contextlib
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import run
import tables
from playwright.sync_api import sync_playwright

BROWSER = "/usr/bin/chromium-headless-shell"
SIZE = {"width": 1600, "height": 1000}
VIEW_LIMIT_MILLISECONDS = 30_000
SCRIPTING_GOAL_MILLISECONDS = 200
BYTES_GOAL = 1_000_000
METRICS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")
DRAWN = """() => new Promise((done) => requestAnimationFrame(
  () => setTimeout(() => done(performance.now()), 0)))"""


@contextlib.contextmanager
def serving(home):
    """The port of a program that serves a store."""
    port = run.free_port()
    server = subprocess.Popen(
        [run.PROGRAM, "serve"], env=run.environment(home, port), cwd=home,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        run.await_ready(server, port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(run.READY_LIMIT_SECONDS)


def first_view(browser, address):
    """Milliseconds by what was done, and bytes over the wire."""
    context = browser.new_context(viewport=SIZE)
    try:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        sizes = {}
        wire.on("Network.dataReceived", lambda event: sizes.__setitem__(
            event["requestId"], sizes.get(event["requestId"], 0) + event["encodedDataLength"]))
        wire.on("Network.loadingFinished", lambda event: sizes.__setitem__(
            event["requestId"], event["encodedDataLength"]))
        wire.send("Network.enable")
        wire.send("Performance.enable")
        page.goto(address)
        page.wait_for_selector(
            'html[data-ready="market"]', state="attached", timeout=VIEW_LIMIT_MILLISECONDS)
        drawn = page.evaluate(DRAWN)
        told = wire.send("Performance.getMetrics")["metrics"]
        metrics = {entry["name"]: 1000 * entry["value"] for entry in told}
        return {name: metrics[name] for name in METRICS} | {
            "drawn": drawn, "bytes": sum(sizes.values())}
    finally:
        context.close()


def measure(runs):
    with tempfile.TemporaryDirectory(prefix="bloasis-bench-") as home:
        run.backfill(home)
        with serving(home) as port, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=BROWSER)
            try:
                address = f"http://127.0.0.1:{port}/?market=SPX"
                first_view(browser, address)
                return [first_view(browser, address) for _ in range(runs)]
            finally:
                browser.close()


def row(name, values, unit, goal=None):
    median = statistics.median(values)
    cells = [name] + [f"{value:,.0f} {unit}" for value in (median, min(values), max(values))]
    if goal is None:
        return cells + ["", ""]
    return cells + [f"< {goal:,} {unit}", "reached" if median < goal else "missed"]


def table(views):
    def of(name):
        return [view[name] for view in views]

    rows = [
        row("scripting", of("ScriptDuration"), "ms", SCRIPTING_GOAL_MILLISECONDS),
        row("layout and style", [view["LayoutDuration"] + view["RecalcStyleDuration"]
                                 for view in views], "ms"),
        row("the page's thread in all", of("TaskDuration"), "ms"),
        row("until drawn", of("drawn"), "ms"),
        row("over the wire", of("bytes"), "bytes", BYTES_GOAL),
    ]
    return tables.table(rows, ("first view of 20 years", "median", "least", "most", "goal", ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help=f"at least {run.RUNS_MINIMUM}")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.runs < run.RUNS_MINIMUM:
        parser.error(f"--runs {arguments.runs}: a median of so few says little")
    if not pathlib.Path(BROWSER).exists():
        sys.exit("no Chromium: Scripts/install-dependencies.sh --browser")
    if not run.PROGRAM.exists():
        sys.exit(f"{run.PROGRAM.relative_to(run.ROOT)} is missing: make build")
    text = table(measure(arguments.runs))
    print(f"\n{text}\n\nMedian of {arguments.runs} views on {run.machine()}.")
    if arguments.record:
        run.append(run.RESULTS, "the dashboard's first view",
                   f"{run.machine()}; {arguments.runs} views.\n\n{text}")


if __name__ == "__main__":
    main()
