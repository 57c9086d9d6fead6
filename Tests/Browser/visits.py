"""One look at the dashboard: a browser context of its own, watched for what it must not do."""

import contextlib
import dataclasses
import urllib.parse

WIDTHS = {"phone": (390, 844), "tablet": (820, 1180), "wide": (1600, 1000)}
THEMES = ("light", "dark")
VIEWS = ("market", "overview", "models", "inbox", "status")
WAIT_MILLISECONDS = 60_000

# Not UTC and not the server's: a date that is told in the reader's own zone would be another.
LOCALE = "en-GB"
TIME_ZONE = "Pacific/Auckland"

# Stretches of one regime that the chart shows.
RUNS = """[...document.querySelectorAll("#chart .band")]
  .reduce((sum, band) => sum + Number(band.dataset.runs), 0)"""

LISTEN_FOR_VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(event.violatedDirective + " " + event.blockedURI + event.sample);
});
"""


@dataclasses.dataclass
class Exchange:
    """A request, and what came back of it over the wire."""

    url: str
    status: int = 0
    size: int = 0
    failure: str = ""


class Visit:
    """A page under watch."""

    def __init__(self, context, address):
        self.context = context
        self.address = address
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT_MILLISECONDS)
        self.messages = []
        self.exchanges = {}
        self._watch()

    def _watch(self):
        self.page.on("pageerror", lambda error: self.messages.append(f"uncaught: {error}"))
        self.page.on("console", self._note)
        self.wire = self.context.new_cdp_session(self.page)
        self.wire.send("Network.enable")
        self.wire.on("Network.requestWillBeSent", self._sent)
        self.wire.on("Network.responseReceived", self._answered)
        self.wire.on("Network.dataReceived", self._received)
        self.wire.on("Network.loadingFinished", self._finished)
        self.wire.on("Network.loadingFailed", self._failed)

    def _note(self, message):
        if message.type in ("error", "warning"):
            self.messages.append(f"{message.type}: {message.text} ({message.location})")

    def _sent(self, event):
        self.exchanges[event["requestId"]] = Exchange(event["request"]["url"])

    def _answered(self, event):
        exchange = self.exchanges[event["requestId"]]
        exchange.status = event["response"]["status"]
        exchange.size += event["response"]["encodedDataLength"]

    def _received(self, event):
        if event["requestId"] in self.exchanges:
            self.exchanges[event["requestId"]].size += event["encodedDataLength"]

    def _finished(self, event):
        if event["requestId"] in self.exchanges:
            exchange = self.exchanges[event["requestId"]]
            exchange.size = max(exchange.size, event["encodedDataLength"])

    def _failed(self, event):
        # What the page itself gives up, as it does with its stream when it leaves, is no failure.
        if event["requestId"] in self.exchanges and not event.get("canceled"):
            self.exchanges[event["requestId"]].failure = event["errorText"]

    def open(self, **query):
        """Opens a view by its permalink and waits until it is drawn."""
        return self.go(query, query.get("view", "market"))

    def open_problem(self, **query):
        """Opens what cannot be shown and waits until the page has said so."""
        return self.go(query, "problem")

    def go(self, query, ready):
        self.page.goto(self.address + "/?" + urllib.parse.urlencode(query))
        self.ready(ready)
        return self

    def ready(self, view):
        """Waits until a view is completely drawn, in its fonts."""
        self.page.wait_for_selector(f'html[data-ready="{view}"]', state="attached")
        self.page.evaluate("document.fonts.ready.then(() => true)")

    def touch(self):
        """Shows that somebody is there; the page opens its stream then, at the latest."""
        self.page.mouse.move(2, 2)
        self.page.mouse.move(3, 3)
        return self

    def query(self):
        """The permalink's parameters."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.page.url).query))

    def text(self, selector):
        """What is read of an element, white space made one."""
        return " ".join(self.page.inner_text(selector).split())

    def texts(self, selector):
        return [" ".join(text.split()) for text in self.page.locator(selector).all_inner_texts()]

    def value(self, script, *arguments):
        return self.page.evaluate(script, *arguments)

    def until(self, script, *arguments):
        """Waits until a condition of the page holds."""
        self.page.wait_for_function(script, arg=arguments[0] if arguments else None)

    def runs(self):
        return self.value("() => " + RUNS)

    def until_runs(self, relation, count):
        """Waits until the chart shows fewer (`<`) runs than before, or as many (`===`)."""
        self.until(f"(count) => {RUNS} {relation} count", count)

    def size(self):
        """Bytes that came over the wire, heads of answers included."""
        return sum(exchange.size for exchange in self.exchanges.values())

    def faults(self, allowed=()):
        """What a page must not do: errors, failed requests, other hosts, breaches of its policy.

        `allowed` are pieces of texts of faults that a test provokes.
        """
        found = list(self.messages)
        for exchange in self.exchanges.values():
            local = exchange.url.startswith((self.address + "/", "data:", "blob:"))
            if not local:
                found.append(f"asks elsewhere: {exchange.url}")
            if exchange.failure or exchange.status >= 400:
                found.append(f"{exchange.url}: {exchange.status} {exchange.failure}")
        found += [f"policy: {text}" for text in self.value("window.__violations || []")]
        return [fault for fault in found if not any(text in fault for text in allowed)]


@contextlib.contextmanager
def visiting(stage, server, theme="light", width="wide", now="2019-01-01T12:00:00Z", init="",
             **options):
    """A visit with its own storage, closed in the end; `init` is run before the page's own."""
    size = WIDTHS[width]
    context = stage.browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=LOCALE,
        timezone_id=TIME_ZONE, reduced_motion=options.pop("reduced_motion", "reduce"),
        accept_downloads=True, **options)
    try:
        context.add_init_script(LISTEN_FOR_VIOLATIONS + init)
        visit = Visit(context, server.address)
        if now:
            visit.page.clock.set_fixed_time(now)
        yield visit
    finally:
        context.close()
