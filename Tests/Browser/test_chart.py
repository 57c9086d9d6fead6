"""The chart under hands: wheel, drag, pinch, pointer, keys, buttons."""

import cases
from test_views import REGIMES


# The address has followed the chart.
SETTLED = """() => {
  const query = new URLSearchParams(location.search);
  const [from, , to] = document.getElementById("reading").textContent.split(/[ ,]/);
  return query.get("from") === from && query.get("to") === to;
}"""


class ChartCase(cases.DashboardCase):
    def range(self, visit):
        """First and last day that are shown, as the permalink has them."""
        query = visit.query()
        return query.get("from", "1999-01-04"), query.get("to", "2018-12-31")

    def box(self, visit, selector="#chart"):
        visit.page.locator(selector).scroll_into_view_if_needed()
        return visit.page.locator(selector).bounding_box()


class Thinning(ChartCase):
    def test_points_that_share_a_pixel_are_the_same_ones_wherever_the_window_begins(self):
        groups = """async ([from, to, step]) => {
          const { groups } = await import("/columns.js");
          return [...groups(from, to, step)].map(({ index, end }) => [index, end]);
        }"""
        with self.visit() as visit:
            visit.open(market="SPX")
            for step in (0, 1, 2, 5, 7):
                whole = visit.value(groups, [0, 59, step])
                for start, stop in ((0, 59), (3, 59), (7, 40), (13, 13)):
                    found = visit.value(groups, [start, stop, step])
                    reached = [point for first, last in found for point in range(first, last + 1)]
                    self.assertEqual(reached, list(range(start, stop + 1)))
                    for inner in found[1:-1]:
                        self.assertIn(inner, whole)

    def test_bars_that_are_at_hand_are_not_asked_for_again(self):
        """From the first bar on, too, and where the bars at hand are thinned themselves."""
        server = self.stage.server("restless")
        history = server.history("RESTLESS", timeframe="1h")
        first, last = history[0]["asOf"], history[8_000]["asOf"]
        with self.visit(server) as visit:
            visit.open(market="RESTLESS", timeframe="1h", **{"from": first, "to": last})

            def asked():
                return sum("/columns" in one.url for one in visit.exchanges.values())

            before = asked()
            visit.page.locator("#chart-frame").focus()
            for _ in range(3):
                address = visit.page.url
                visit.page.keyboard.press("+")
                visit.until("(address) => location.href !== address", address)
            self.assertLessEqual(asked() - before, 1)

    def test_a_chart_that_is_moved_and_moved_back_looks_the_same(self):
        line = "() => document.querySelector('#chart .price path').getAttribute('d')"
        with self.visit() as visit:
            visit.open(market="SPX", **{"from": "2003-01-02", "to": "2012-12-31"})
            before = visit.value(line)
            frame = visit.page.locator("#chart-frame")
            box = self.box(visit, "#chart-frame")
            visit.page.mouse.move(box["x"] + 400, box["y"] + 80)
            visit.page.mouse.down()
            visit.page.mouse.move(box["x"] + 430, box["y"] + 80)
            visit.until("(before) => document.querySelector('#chart .price path')"
                        ".getAttribute('d') !== before", before)
            visit.page.mouse.move(box["x"] + 400, box["y"] + 80)
            visit.page.mouse.up()
            visit.until("(before) => document.querySelector('#chart .price path')"
                        ".getAttribute('d') === before", before)
            self.assertTrue(frame.is_visible())


class Zooming(ChartCase):
    def test_the_wheel_zooms_about_the_pointer(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            whole, box = visit.runs(), self.box(visit)
            visit.page.locator("#chart-frame").focus()
            visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            for _ in range(6):
                visit.page.mouse.wheel(0, -240)
            visit.until("() => new URLSearchParams(location.search).has('from')")
            start, end = self.range(visit)
            self.assertGreater(start, "1999-01-04")
            self.assertLess(end, "2018-12-31")
            self.assertLess(visit.runs(), whole)
            visit.page.locator("#zoom-all").click()
            visit.until_runs("===", whole)

    def test_the_wheel_turns_the_page_until_the_chart_has_the_focus(self):
        with self.visit(width="phone") as visit:
            visit.open(market="SPX")
            whole, box = visit.runs(), self.box(visit)
            before = visit.value("() => scrollY")
            visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            visit.page.mouse.wheel(0, 200)
            visit.until("(before) => scrollY > before", before)
            self.assertEqual(visit.runs(), whole)

    def test_buttons_zoom(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            whole = visit.runs()
            visit.page.locator("#zoom-in").click()
            visit.until_runs("<", whole)
            visit.page.locator("#zoom-out").click()
            visit.until_runs("===", whole)

    def test_dragging_pans(self):
        with self.visit() as visit:
            visit.open(market="SPX", **{"from": "2006-01-01", "to": "2010-01-01"})
            box = self.box(visit)
            middle = box["y"] + box["height"] / 2
            visit.page.mouse.move(box["x"] + box["width"] / 2, middle)
            visit.page.mouse.down()
            visit.page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=8)
            visit.page.mouse.up()
            visit.until("() => new URLSearchParams(location.search).get('from') < '2005-06-01'")
            self.assertLess(self.range(visit)[1], "2009-06-01")

    def test_two_fingers_zoom(self):
        with self.visit(width="phone", has_touch=True, is_mobile=True) as visit:
            visit.open(market="SPX")
            whole, box = visit.runs(), self.box(visit)
            middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

            def touch(kind, gap):
                points = [{"x": middle + side * gap, "y": y, "id": side + 1} for side in (-1, 1)]
                visit.wire.send("Input.dispatchTouchEvent", {
                    "type": kind, "touchPoints": [] if kind == "touchEnd" else points})

            touch("touchStart", 20)
            for gap in range(25, 120, 5):
                touch("touchMove", gap)
            touch("touchEnd", 0)
            visit.until_runs("<", whole)
            scale = visit.value("() => visualViewport.scale")
            self.assertEqual(scale, 1, "the page itself must not zoom")

    def test_period_buttons(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            whole = visit.runs()
            for button in visit.page.locator("#periods button").all():
                button.click()
                pressed = visit.texts("#periods button[aria-pressed=true]")
                self.assertEqual(pressed, [" ".join(button.inner_text().split())])
            visit.page.locator("#zoom-all").click()
            self.assertEqual(visit.runs(), whole)

    def test_log_scale(self):
        price = "() => document.querySelector('#chart .price path').getAttribute('d')"
        with self.visit() as visit:
            visit.open(market="SPX")
            linear = visit.value(price)
            visit.page.locator("#scale-log").click()
            visit.until("(before) => document.querySelector('#chart .price path')"
                        ".getAttribute('d') !== before", linear)
            self.assertEqual(visit.query().get("scale"), "log")
            logarithmic = visit.value(price)
            visit.page.reload()
            visit.ready("market")
            self.assertEqual(visit.value(price), logarithmic)


class Reading(ChartCase):
    def test_the_crosshair_reads_the_bar_of_the_api(self):
        history = {item["asOf"][:10]: item for item in self.stage.server().history("SPX")}
        with self.visit() as visit:
            visit.open(market="SPX")
            box = self.box(visit)
            for part in (0.2, 0.5, 0.8):
                visit.page.mouse.move(
                    box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
                visit.until("() => document.getElementById('reading').textContent.includes(' · ')")
                self.check(visit, history)

    def check(self, visit, history):
        text = visit.text("#reading")
        day = next(word.strip(":,.") for word in text.split() if word.strip(":,.") in history)
        item = history[day]
        self.assertIn(REGIMES[item["regime"]], text)
        self.assertIn(f"{item['close']:,.2f}".rstrip("0").rstrip("."), text)

    def test_arrow_keys_move_it_bar_by_bar(self):
        history = self.stage.server().history("SPX")
        days = [item["asOf"][:10] for item in history]
        with self.visit() as visit:
            visit.open(market="SPX")
            visit.page.locator("#chart-frame").focus()
            for key, index in (("End", -1), ("ArrowLeft", -2), ("ArrowLeft", -3),
                               ("ArrowRight", -2), ("Home", 0), ("ArrowRight", 1)):
                visit.page.keyboard.press(key)
                visit.until("(day) => document.getElementById('reading').textContent"
                            ".startsWith(day + ' · ')", days[index])
                self.check(visit, {item["asOf"][:10]: item for item in history})

    def test_plus_and_minus_zoom(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            whole = visit.runs()
            visit.page.locator("#chart-frame").focus()
            visit.page.keyboard.press("+")
            visit.until_runs("<", whole)
            visit.page.keyboard.press("-")
            visit.until_runs("===", whole)


class Permalinks(ChartCase):
    def test_a_reload_shows_the_same(self):
        query = {"market": "SPX", "from": "2008-01-01", "to": "2010-01-01", "scale": "log"}
        drawn = "() => document.querySelector('#chart').innerHTML"
        with self.visit() as visit:
            visit.open(**query)
            before, told = visit.value(drawn), visit.query()
            visit.page.reload()
            visit.ready("market")
            self.assertEqual(visit.query(), told)
            self.assertEqual(visit.value(drawn), before)

    def test_what_was_zoomed_to_is_shown_again(self):
        """The address that the reader's hand leaves behind shows the same bars, to the last one."""
        with self.visit() as visit:
            visit.open(market="SPX")
            for _ in range(3):
                visit.page.locator("#zoom-in").click()
            visit.until(SETTLED)
            told, shown = visit.query(), visit.text("#reading")
            visit.page.reload()
            visit.ready("market")
            self.assertEqual(visit.text("#reading"), shown)
            self.assertEqual(visit.query(), told)

    def test_a_change_leads_to_the_bars_around_it(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            whole = visit.text("#reading")
            link = visit.page.locator("#changes a").nth(10)
            day = link.inner_text()
            link.click()
            visit.until("() => new URLSearchParams(location.search).has('from')")
            visit.ready("market")
            start, end = self.range(visit)
            self.assertLess(start, day)
            self.assertLess(day, end)
            self.assertTrue(visit.text("#reading").startswith(f"{start} to {end}"))
            visit.page.go_back()
            visit.until("(whole) => document.getElementById('reading').innerText === whole", whole)

    def test_back_and_forward(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            visit.page.locator("nav a[data-view=overview]").click()
            visit.ready("overview")
            visit.page.locator("nav a[data-view=status]").click()
            visit.ready("status")
            visit.page.go_back()
            visit.ready("overview")
            visit.page.go_back()
            visit.ready("market")
            self.assertEqual(visit.query().get("market"), "SPX")
            visit.page.go_forward()
            visit.ready("overview")

    def test_the_pickers_choose_market_and_timeframe(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            self.pick(visit, "#market", "NASDAQ")
            visit.until("() => document.querySelector('html').dataset.ready === 'market'"
                        " && document.title.includes('NASDAQ')")
            self.assertEqual(visit.query().get("market"), "NASDAQ")
            self.pick(visit, "#market", "BTC")
            visit.until("() => document.querySelector('html').dataset.ready === 'market'"
                        " && document.title.includes('BTC')")
            self.assertEqual(visit.query().get("timeframe"), "1h")
            self.assertIn("1h", visit.text("#now-title"))
            self.assertEqual(visit.texts("#timeframe option"), ["1h"])

    def pick(self, visit, selector, value):
        field = visit.page.locator(selector)
        if field.evaluate("(node) => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
            field.press("Enter")
