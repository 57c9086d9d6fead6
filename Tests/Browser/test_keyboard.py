"""Everything is reached and seen without a pointer."""

import cases
from test_views import QUERIES

# What a reader may act on. Of radio buttons one is enough; what is not shown cannot be reached.
INTERACTIVE = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, [tabindex="0"], summary')]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled
    && node.tabIndex >= 0 && !(node.type === "radio" && !node.checked))"""

MARK = "() => { let number = 0; for (const node of (" + INTERACTIVE + """)())
  node.dataset.testNumber = String(number++); return number; }"""

FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node);
  return { number: node.dataset.testNumber, name: node.tagName + "#" + node.id,
    look: [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
      style.borderColor].join("|"),
    outline: style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0 };
}"""
STEPS_LIMIT = 400


class Keyboard(cases.DashboardCase):
    def test_tab_reaches_everything_in_order_and_shows_where_it_is(self):
        for view, query in QUERIES.items():
            with self.subTest(view=view), self.visit() as visit:
                visit.open(**query)
                count = visit.value(MARK)
                reached, last = set(), -1
                for _ in range(STEPS_LIMIT):
                    visit.page.keyboard.press("Tab")
                    focused = visit.value(FOCUSED)
                    # A field of a time has parts, which are stops of their own.
                    if focused is not None and focused["number"] == str(last):
                        continue
                    if focused is None or focused["number"] in reached:
                        break
                    if focused["number"] is None:
                        continue
                    self.assertGreaterEqual(
                        focused["outline"], 1, f"{focused['name']} does not show its focus")
                    number = int(focused["number"])
                    self.assertGreater(number, last, f"{focused['name']} comes out of turn")
                    last = number
                    reached.add(focused["number"])
                missed = visit.value(
                    "(reached) => [...document.querySelectorAll('[data-test-number]')]"
                    ".filter((node) => !reached.includes(node.dataset.testNumber))"
                    ".map((node) => node.outerHTML.slice(0, 80))", sorted(reached))
                self.assertEqual(missed, [])
                self.assertEqual(len(reached), count)

    def test_a_focus_ring_can_be_seen(self):
        """Focus changes the picture around what has it, in both themes."""
        for theme in ("light", "dark"):
            with self.subTest(theme=theme), self.visit(theme=theme) as visit:
                visit.open(market="SPX")
                button = visit.page.locator("#zoom-in")
                button.scroll_into_view_if_needed()
                box = button.bounding_box()
                around = {"x": box["x"] - 5, "y": box["y"] - 5, "width": box["width"] + 10,
                          "height": box["height"] + 10}
                before = visit.page.screenshot(clip=around)
                visit.page.keyboard.press("Tab")
                button.focus()
                self.assertNotEqual(visit.page.screenshot(clip=around), before)

    def test_the_first_stop_leads_past_the_header(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            visit.page.keyboard.press("Tab")
            visit.page.keyboard.press("Enter")
            visit.page.keyboard.press("Tab")
            self.assertTrue(visit.value("() => document.querySelector('main')"
                                        ".contains(document.activeElement)"))
            visit.ready("market")

    def test_landmarks_and_headings_tell_the_parts_of_a_page(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            landmarks = visit.value(
                "() => ['header', 'nav', 'main'].filter((name) => !document.querySelector(name))")
            self.assertEqual(landmarks, [])
            headings = visit.value(
                "() => [...document.querySelectorAll('h1, h2, h3, h4')]"
                ".filter((node) => node.checkVisibility()).map((node) => Number(node.tagName[1]))")
            self.assertEqual(headings[0], 1)
            for above, below in zip(headings, headings[1:]):
                self.assertLessEqual(below - above, 1, f"{headings}: a level is left out")

    def test_the_chart_tells_a_screen_reader_what_it_shows(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            label = visit.page.locator("#chart-frame").get_attribute("aria-label") or ""
            for words in ("SPX", "1999-01-04", "2018-12-31"):
                self.assertIn(words, label)

    def test_a_bar_is_said_to_who_goes_by_keys_alone(self):
        said = "() => document.getElementById('said').textContent"
        with self.visit() as visit:
            visit.open(market="SPX")
            self.assertEqual(visit.page.locator("#said").get_attribute("role"), "status")
            self.assertIn("SPX", visit.value(said), "the view is said")
            frame = visit.page.locator("#chart-frame")
            frame.hover(position={"x": 300, "y": 100})
            visit.until("() => document.getElementById('reading').textContent.includes(' · ')")
            self.assertNotIn("close", visit.value(said))
            frame.focus()
            visit.page.keyboard.press("End")
            visit.until("() => document.getElementById('said').textContent.includes('2018-12-31')")

    def test_what_hides_itself_hands_its_focus_on(self):
        row = "() => document.activeElement.closest('tr').querySelector('.date').textContent"
        with self.visit() as visit:
            visit.open(market="SPX")
            shown = visit.page.locator("#changes tr").count()
            visit.page.locator("#more").focus()
            visit.page.keyboard.press("Enter")
            self.assertEqual(
                visit.value(row), visit.page.locator("#changes .date").nth(shown).inner_text())
            visit.page.locator("#changes a").first.focus()
            visit.page.keyboard.press("Enter")
            visit.until("() => document.activeElement.id === 'chart-frame'")
        with self.visit(allowed=("Failed to load resource", ": 503")) as visit:
            visit.open(market="SPX")
            visit.page.route("**/v1/**", lambda route: route.fulfill(status=503, body="{}"))
            visit.page.locator("#market").fill("AAPL")
            visit.page.keyboard.press("Enter")
            visit.ready("problem")
            visit.page.unroute("**/v1/**")
            visit.page.locator("#retry").focus()
            visit.page.keyboard.press("Enter")
            visit.ready("market")
            self.assertEqual(visit.value("() => document.activeElement.id"), "main")

    def test_a_change_of_a_long_series_leads_to_its_bars_and_the_keys_with_it(self):
        """Its bars are asked for; the chart stays in sight meanwhile, and keeps the focus."""
        with self.visit(self.stage.server("restless")) as visit:
            visit.open(market="RESTLESS", timeframe="1h")
            visit.page.locator("#changes a").first.focus()
            visit.page.keyboard.press("Enter")
            visit.ready("market")
            self.assertEqual(visit.value("() => document.activeElement.id"), "chart-frame")
            visit.page.keyboard.press("End")
            visit.until("() => document.getElementById('said').textContent.includes(' · ')")

    def test_what_fails_hands_the_focus_to_what_may_help(self):
        with self.visit(allowed=("Failed to load resource", ": 503")) as visit:
            visit.open(market="SPX")
            visit.page.route("**/columns*", lambda route: route.fulfill(status=503, body="{}"))
            visit.page.evaluate("() => history.pushState(null, '', '?market=AAPL')")
            visit.page.locator("#changes a").first.focus()
            visit.page.evaluate("() => dispatchEvent(new PopStateEvent('popstate'))")
            visit.ready("problem")
            self.assertEqual(visit.value("() => document.activeElement.id"), "retry")

    def test_links_of_the_views_work_by_enter(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            visit.page.locator("nav a[data-view=models]").focus()
            visit.page.keyboard.press("Enter")
            visit.ready("models")
            self.assertEqual(visit.query().get("view"), "models")

    def test_the_links_of_the_views_keep_the_market(self):
        with self.visit() as visit:
            visit.open(market="AAPL", theme="dark", view="models")
            addresses = visit.value(
                "() => [...document.querySelectorAll('nav a')].map((link) => link.search)")
            self.assertEqual(len(addresses), 5)
            for found in addresses:
                self.assertIn("market=AAPL", found)
                self.assertIn("theme=dark", found)
