"""The same changes on every way to somebody: a browser, `curl -N` and a webhook."""

import contextlib
import http.server
import json
import re
import subprocess
import tempfile
import threading
import time

import cases
import stage

WAIT_SECONDS = 60

# What comes of the page's own stream, whatever the page makes of it.
HEAR = """
const fetching = window.fetch;
window.__heard = "";
window.fetch = async (address, options) => {
  const response = await fetching(address, options);
  if (!String(address).includes("/v1/notifications/stream")) return response;
  const [ours, theirs] = response.body.tee();
  const decoder = new TextDecoder();
  (async () => {
    for await (const part of ours) window.__heard += decoder.decode(part, { stream: true });
  })().catch(() => {});
  return new Response(theirs, response);
};
"""


class Receiver:
    """Takes what is posted to it, and says that it has."""

    def __init__(self):
        self.events = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.events.append(json.loads(body)["data"]["eventId"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/told"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def curl(server, last_event_id=None):
    """A stream as a terminal follows it; what has come of it is a call away."""
    resuming = ["-H", f"Last-Event-ID: {last_event_id}"] if last_event_id else []
    with tempfile.NamedTemporaryFile("rb") as text:
        process = subprocess.Popen(
            ["curl", "-sN", server.address + "/v1/notifications/stream", *resuming],
            stdout=open(text.name, "wb"), stdin=subprocess.DEVNULL)
        try:
            yield lambda: open(text.name, encoding="utf-8").read()
        finally:
            process.kill()
            process.wait()


def events(text):
    return re.findall(r'"eventId":\s*"([0-9a-f]+)"', text)


def until(condition):
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come true")
        time.sleep(0.02)


class Told(cases.DashboardCase):
    def backfill(self, server, days):
        """One more stretch, announced."""
        lines = (stage.FIXTURES / "spx_daily_1999_2018.csv").read_text().splitlines(keepends=True)
        csv = server.store.home / "more.csv"
        csv.write_text("".join(lines[:days]))
        server.store.backfill(csv, "SPX")

    def changes(self, server):
        """All that were announced, oldest first."""
        return [change["eventId"] for change in server.json(
            "/v1/market-regime/changes?after=0&page_size=5000")["items"]]

    def test_a_browser_curl_and_a_webhook_see_each_change_once(self):
        allowed = ("Failed to load resource", "net::ERR")
        variables = {"WEBHOOK_ALLOW_INSIDE": "true", "WEBHOOK_ALLOW_HTTP": "true"}
        with contextlib.ExitStack() as exits:
            server = exits.enter_context(self.stage.own_server("start", now=None, **variables))
            visit = exits.enter_context(self.visit(server, allowed=allowed, now=None))
            receiver = exits.enter_context(contextlib.closing(Receiver()))
            before = self.changes(server)
            until(lambda: len(server.json("/v1/notifications?page_size=1000")["items"])
                  == len(before))
            status, _ = server.call(
                "POST", "/v1/notifications/webhooks", json.dumps({"url": receiver.url}))
            self.assertEqual(status, 200)

            visit.page.add_init_script(HEAR)
            visit.open(view="inbox").touch()
            listed = "() => document.querySelectorAll('#inbox-list li').length"
            rows = visit.value(listed)
            with curl(server) as stream:
                until(lambda: "event: resumed" in stream())
                self.backfill(server, 1000)
                new = self.changes(server)[len(before):]
                self.assertGreater(len(new), 1)
                until(lambda: len(events(stream())) >= len(new))
                until(lambda: len(receiver.events) >= len(new))
                visit.until("(newest) => window.__heard.includes(newest)", new[-1])
                visit.until("(rows) => (" + listed + ")() >= rows", rows + len(new))
                server.stop()
                streamed = stream()
            self.assertEqual(events(streamed), new)
            self.assertEqual(receiver.events, new)
            self.assertEqual(self.heard(visit), new)
            self.assertEqual(visit.value(listed), rows + len(new))

            # Everything ends, more happens, everything begins again.
            last = re.findall(r"\nid: (\d+)\n", streamed)[-1]
            self.backfill(server, 1500)
            server.start()
            more = self.changes(server)[len(before) + len(new):]
            self.assertGreater(len(more), 1)
            with curl(server, last) as stream:
                until(lambda: len(events(stream())) >= len(more))
                until(lambda: len(receiver.events) >= len(new) + len(more))
                visit.until("(newest) => window.__heard.includes(newest)", more[-1])
                server.stop()
                self.assertEqual(events(stream()), more)
            self.assertEqual(receiver.events, new + more)
            self.assertEqual(self.heard(visit), new + more)

    def heard(self, visit):
        return events(visit.value("() => window.__heard"))
