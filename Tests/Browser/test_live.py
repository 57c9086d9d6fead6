"""What happens while somebody looks: new bars, a server that goes and comes."""

import datetime

import cases
from visits import RUNS

# A chart must never be seen empty: every change of the page is watched from before it happens.
WATCH = """() => {
  window.__empty = 0;
  const count = () => """ + RUNS + """;
  const hidden = () => document.getElementById("view-market").hidden
    || document.documentElement.dataset.ready !== "market";
  const look = () => { if (count() === 0 || hidden()) window.__empty += 1; };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true,
    attributes: true, attributeFilter: ["hidden", "data-ready"] });
  const frame = () => { look(); requestAnimationFrame(frame); };
  frame();
}"""
LIVE = "() => document.getElementById('live').textContent.trim() === 'live'"
RECONNECTING = "() => document.getElementById('live').textContent.includes('reconnecting')"
BARS_LIMIT = 120


class Market:
    """Bars after the last one of a store, falling until the regime changes, then rising."""

    def __init__(self, server):
        self.server = server
        self.current = server.ask("current", market="SPX")
        last = server.history("SPX", self.current["asOf"])[-1]
        self.day = datetime.date.fromisoformat(last["asOf"][:10])
        self.close = last["close"]
        self.sequence = int(self.current["sequence"])

    def next_day(self):
        self.day += datetime.timedelta(days=1)
        while self.day.weekday() > 4:
            self.day += datetime.timedelta(days=1)

    def changes(self, factor=1):
        """Posts a bar; whether it has changed the regime."""
        self.next_day()
        self.close = round(self.close * factor, 2)
        self.server.post_bar("SPX", f"{self.day}T21:00:00Z", self.close)
        self.current = self.server.ask("current", market="SPX")
        before, self.sequence = self.sequence, int(self.current["sequence"])
        return self.sequence > before

    def change(self, factor):
        """Posts bars until the regime has changed; what the API says then."""
        for _ in range(BARS_LIMIT):
            if self.changes(factor):
                return self.current
        raise AssertionError(f"{BARS_LIMIT} bars changed no regime")


class Live(cases.DashboardCase):
    def test_a_change_appears_without_a_reload_and_without_flicker(self):
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.open(market="SPX").touch()
                visit.until(LIVE)
                visit.value("() => { window.__same = true; }")
                visit.value(WATCH)
                current = Market(server).change(0.9)
                visit.until("(day) => document.querySelector('#changes tr')"
                            ".textContent.includes(day)", current["since"][:10])
                visit.until("(day) => document.getElementById('view-market').innerText"
                            ".includes(day)", current["asOf"][:10])
                self.assertTrue(visit.value("() => window.__same"), "the page was loaded again")
                self.assertEqual(visit.value("() => window.__empty"), 0)

    def test_a_bar_that_changes_no_regime_is_seen_within_a_minute(self):
        """It is no event; the page asks for it."""
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.page.clock.install()
                visit.open(market="SPX")
                market = Market(server)
                while market.changes():
                    pass
                visit.page.clock.fast_forward(61_000)
                visit.until("(day) => document.getElementById('as-of').innerText.includes(day)",
                            market.day.isoformat())

    def test_an_open_reason_stays_with_its_change(self):
        opened = "() => [...document.querySelectorAll('#changes details[open]')]" \
            ".map((one) => one.closest('tr').querySelector('.date').textContent)"
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.open(market="SPX").touch()
                visit.until(LIVE)
                visit.page.locator("#changes summary").nth(1).click()
                before = visit.value(opened)
                self.assertEqual(len(before), 1)
                current = Market(server).change(0.9)
                visit.until("(day) => document.querySelector('#changes tr')"
                            ".textContent.includes(day)", current["since"][:10])
                self.assertEqual(visit.value(opened), before)
                self.assertEqual(visit.value(
                    "() => document.activeElement.closest('tr')?.querySelector('.date')"
                    ".textContent"), before[0])

    def test_a_page_in_the_background_leaves_its_connection_to_others(self):
        turn = """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.open(market="SPX").touch()
                visit.until(LIVE)
                visit.value(turn, True)
                visit.until("() => document.getElementById('live').textContent === ''")
                current = Market(server).change(0.9)
                visit.value(turn, False)
                visit.until(LIVE)
                visit.until("(day) => document.querySelector('#changes tr')"
                            ".textContent.includes(day)", current["since"][:10])

    def test_a_zoomed_chart_stays_where_it_is(self):
        query = {"from": "2000-01-01", "to": "2001-01-01"}
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.open(market="SPX", **query).touch()
                visit.until(LIVE)
                current = Market(server).change(0.9)
                visit.until("(day) => document.querySelector('#changes tr')"
                            ".textContent.includes(day)", current["since"][:10])
                self.assertEqual(visit.query().get("from"), query["from"])
                self.assertEqual(visit.query().get("to"), query["to"])

    def test_a_server_that_comes_back_is_followed_and_nothing_is_missed(self):
        with self.stage.own_server("start", now=None) as server:
            allowed = ("ERR_", "Failed to load resource")
            with self.visit(server, now=None, allowed=allowed) as visit:
                visit.open(market="SPX").touch()
                visit.until(LIVE)
                count = len(server.items("changes", market="SPX"))
                server.stop()
                visit.until(RECONNECTING)
                self.assertFalse(
                    visit.page.locator("#problem").is_visible(), "what is known stays in sight")
                self.assertGreater(visit.runs(), 0)
                server.start()
                market = Market(server)
                market.change(0.9)
                visit.until(LIVE)
                current = market.change(1.1)
                visit.until("(day) => document.querySelector('#changes tr')"
                            ".textContent.includes(day)", current["since"][:10])
                while visit.page.locator("#more").is_visible():
                    visit.page.locator("#more").click()
                self.assertEqual(
                    visit.page.locator("#changes tr").count(),
                    len(server.items("changes", market="SPX")))
                self.assertGreaterEqual(
                    len(server.items("changes", market="SPX")), count + 2)
