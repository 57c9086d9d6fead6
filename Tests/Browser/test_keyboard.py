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
            self.assertIn(
                visit.page.locator("#reading").get_attribute("aria-live"), ("polite", None))

    def test_links_of_the_views_work_by_enter(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            visit.page.locator("nav a[data-view=models]").focus()
            visit.page.keyboard.press("Enter")
            visit.ready("models")
            self.assertEqual(visit.query().get("view"), "models")
