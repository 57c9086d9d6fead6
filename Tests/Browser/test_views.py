"""Every view, in both themes and three widths: what it says, how it looks, what it fetches."""

import itertools
import json

import cases
import looks
import pictures
import visits

BYTES_LIMIT = 1_000_000
# Two regimes next to each other must not look the same to any eye; 2.3 is the least difference that
# can be seen at all.
COLOUR_DISTANCE = 9
REGIMES = {
    "crisis": "Crisis", "normal_bear": "Bear", "normal_bull": "Bull", "euphoria": "Euphoria",
    "high_volatility": "High volatility", "low_volatility": "Low volatility",
    "unknown": "Unknown",
}
QUERIES = {
    "market": {"market": "SPX"},
    "overview": {"view": "overview"},
    "models": {"view": "models", "market": "SPX"},
    "inbox": {"view": "inbox"},
    "status": {"view": "status"},
}


# For each area from below its label and its upper edge, as shares of the whole height.
AREAS = """() => [...document.querySelectorAll("#probabilities .areas path")].map((area) => {
  const points = area.getAttribute("d").match(/-?[0-9.]+ -?[0-9.]+/g)
    .map((pair) => pair.split(" ").map(Number));
  const all = document.querySelector("#probabilities .areas").getBBox();
  return [area.dataset.regime, points.slice(0, points.length / 2)
    .map(([, y]) => (all.y + all.height - y) / all.height)];
})"""


def runs(regimes):
    """Regimes with equal neighbours made one."""
    return [regime for regime, _ in itertools.groupby(regimes)]


class Views(cases.DashboardCase):
    def test_every_view_looks_right(self):
        """No fault, nothing cut off, axe-core content, as its golden picture."""
        self.stage.server().await_told()
        for view, theme, width in itertools.product(QUERIES, visits.THEMES, visits.WIDTHS):
            with self.subTest(view=view, theme=theme, width=width):
                self.look(view, theme, width)

    def look(self, view, theme, width):
        with self.visit(theme=theme, width=width) as visit:
            visit.open(**QUERIES[view])
            png = visit.page.screenshot(full_page=True, animations="disabled", caret="hide")
            faults = looks.layout(visit) + looks.accessibility(visit)
            size = visit.size()
        name = f"{view}-{theme}-{visits.WIDTHS[width][0]}"
        fault = pictures.fault(png, self.pictures, name)
        self.assert_none(faults + ([fault] if fault else []))
        self.assertLessEqual(size, BYTES_LIMIT)

    def test_only_one_view_is_shown(self):
        for view, query in QUERIES.items():
            with self.subTest(view=view), self.visit() as visit:
                visit.open(**query)
                shown = visit.value(
                    "() => [...document.querySelectorAll('[id^=view-]')]"
                    ".filter((node) => !node.hidden).map((node) => node.id)")
                self.assertEqual(shown, ["view-" + view])
                current = visit.value(
                    "() => [...document.querySelectorAll('nav a[data-view]')]"
                    ".filter((link) => link.getAttribute('aria-current') === 'page')"
                    ".map((link) => link.dataset.view)")
                self.assertEqual(current, [view])
                self.assertIn("Bloasis", visit.page.title())

    def test_the_page_asks_its_own_server_alone_and_keeps_a_strict_policy(self):
        server = self.stage.server()
        with self.visit() as visit:
            answer = visit.page.goto(server.address + "/?market=SPX")
            visit.ready("market")
            policy = answer.headers["content-security-policy"]
            self.assertIn("default-src 'none'", policy)
            for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
                self.assertNotIn(word, policy)
            inline = visit.value(
                "() => [...document.scripts].filter((script) => !script.src).length"
                " + document.querySelectorAll('style').length")
            self.assertEqual(inline, 0)

    def test_the_theme_follows_the_system_the_switch_and_the_permalink(self):
        background = "() => getComputedStyle(document.body).backgroundColor"
        with self.visit(theme="light") as visit:
            light = visit.open(market="SPX").value(background)
            dark = visit.open(market="SPX", theme="dark").value(background)
            self.assertNotEqual(light, dark)
        with self.visit(theme="dark") as visit:
            self.assertEqual(visit.open(market="SPX").value(background), dark)
            self.assertEqual(visit.open(market="SPX", theme="light").value(background), light)

    def test_the_theme_that_was_chosen_is_remembered(self):
        background = "() => getComputedStyle(document.body).backgroundColor"
        with self.visit(theme="light") as visit:
            light = visit.open(market="SPX").value(background)
            visit.page.locator("#theme").select_option("dark")
            dark = visit.value(background)
            self.assertNotEqual(dark, light)
            self.assertEqual(visit.open(view="overview").value(background), dark)
            visit.page.locator("#theme").select_option("")
            self.assertEqual(visit.value(background), light)

    def test_regimes_are_told_apart_by_every_eye(self):
        for theme in visits.THEMES:
            with self.visit(theme=theme) as visit:
                visit.open(market="SPX")
                colours = visit.value("""(names) => names.map((name) => {
                  const probe = document.createElement("i");
                  probe.style.color = `var(--${name})`;
                  document.body.append(probe);
                  const colour = getComputedStyle(probe).color;
                  probe.remove();
                  return colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
                })""", list(REGIMES))
            pairs = itertools.combinations(zip(REGIMES, colours), 2)
            for (one, a), (other, b) in pairs:
                for eye in looks.BLINDNESS:
                    with self.subTest(theme=theme, one=one, other=other, eye=eye):
                        self.assertGreaterEqual(looks.distance(a, b, eye), COLOUR_DISTANCE)


class MarketView(cases.DashboardCase):
    """What the view of a market says is what the API says."""

    def setUp(self):
        self.server = self.stage.server()
        self.current = self.server.ask("current", market="SPX")

    def test_the_current_regime(self):
        with self.visit() as visit:
            visit.open(market="SPX")
            self.assertIn(REGIMES[self.current["regime"]], visit.text("#regime"))
            text = visit.text("#view-market")
            self.assertIn(self.current["since"][:10], text)
            self.assertIn(self.current["asOf"][:10], text)
            self.assertIn(f"{100 * self.current['confidence']:.1f}", text)
            self.assertIn("SPX", text)
            self.assertTrue(visit.text("#freshness"))

    def test_bands_are_the_runs_of_the_history(self):
        history = self.server.history("SPX")
        with self.visit() as visit:
            visit.open(market="SPX")
            self.assertEqual(visit.runs(), len(runs(item["regime"] for item in history)))

    def test_the_legend_tells_the_share_of_each_regime(self):
        history = self.server.history("SPX")
        with self.visit() as visit:
            visit.open(market="SPX")
            legend = " ".join(visit.texts("#legend li"))
            for regime, name in REGIMES.items():
                count = sum(item["regime"] == regime for item in history)
                if count:
                    self.assertIn(name, legend)
                    self.assertIn(f"{100 * count / len(history):.1f}", legend)
                else:
                    self.assertNotIn(name, legend)

    def test_changes_are_listed_newest_first(self):
        changes = self.server.items("changes", market="SPX")
        with self.visit() as visit:
            visit.open(market="SPX")
            while visit.page.locator("#more").is_visible():
                visit.page.locator("#more").click()
            rows = visit.texts("#changes tr")
            self.assertEqual(len(rows), len(changes))
            for row, change in zip(rows, reversed(changes)):
                self.assertIn(change["asOf"][:10], row)
                self.assertIn(REGIMES[change["regime"]], row)

    def test_probabilities_are_stacked(self):
        """The upper edge of each area is what it and those below it have together, at each bar."""
        year = {"from": "2008-06-02", "to": "2009-03-02"}
        history = self.server.history("SPX", year["from"], "2009-03-03")
        with self.visit() as visit:
            visit.open(market="SPX", **year)
            areas = visit.value(AREAS)
        sums = [0.0] * len(history)
        for name, heights in areas:
            shown = heights[len(heights) // 2 - len(history) // 2:][:len(history)]
            sums = [sum + item["probabilities"].get(name, 0) for sum, item in zip(sums, history)]
            for height, expected in zip(shown, sums):
                self.assertAlmostEqual(height, expected, delta=0.02)
        self.assertAlmostEqual(min(sums), 1)


class OverviewView(cases.DashboardCase):
    ROWS = "#overview-list .row[data-market]"

    def row(self, visit, market):
        return visit.page.locator(f'#overview-list .row[data-market="{market}"]')

    def test_a_row_for_every_series_with_its_regime_and_all_of_its_spans(self):
        server = self.stage.server()
        with self.visit() as visit:
            visit.open(view="overview")
            rows = visit.value(
                "(rows) => [...document.querySelectorAll(rows)].map((row) => row.dataset.market)",
                self.ROWS)
            self.assertEqual(len(rows), len(set(rows)))
            self.assertEqual(len(rows), 23)
            for market in ("SPX", "XOM"):
                current = server.ask("current", market=market)
                text = " ".join(self.row(visit, market).inner_text().split())
                self.assertIn(REGIMES[current["regime"]], text)
                label = self.row(visit, market).locator("a").get_attribute("aria-label")
                self.assertIn(current["since"][:10], label)
                spans = self.row(visit, market).evaluate(
                    "(row) => [...row.querySelectorAll('path.strip')]"
                    ".reduce((sum, path) => sum + Number(path.dataset.spans), 0)")
                # Nothing was published before the first change, which is from unknown.
                self.assertEqual(spans, len(server.items("changes", market=market)))

    def test_a_row_leads_to_its_market(self):
        with self.visit() as visit:
            visit.open(view="overview")
            self.row(visit, "XOM").locator("a").click()
            visit.ready("market")
            self.assertEqual(visit.query().get("market"), "XOM")

    def test_a_search_narrows_the_rows_and_is_a_part_of_the_address(self):
        with self.visit() as visit:
            visit.open(view="overview")
            visit.page.locator("#overview-search").fill("nas")
            visit.until("(rows) => document.querySelectorAll(rows).length === 1", self.ROWS)
            self.assertEqual(visit.query().get("search"), "nas")
            visit.page.locator("#overview-search").fill("nothing like it")
            visit.until("() => !document.getElementById('overview-empty').hidden")
            self.assertIn("nothing like it", visit.text("#overview-empty"))


class ModelsView(cases.DashboardCase):
    def test_models_in_force(self):
        models = self.stage.server().items("models", market="SPX")
        with self.visit() as visit:
            visit.open(view="models", market="SPX")
            rows = visit.texts("#models tbody tr")
            self.assertEqual(len(rows), len(models))
            shown = " ".join(rows)
            for model in models:
                self.assertIn(model["version"][:8], shown)
                self.assertIn(model["activeFrom"][:10], shown)


class StatusView(cases.DashboardCase):
    def test_dependencies_as_ready_tells_them(self):
        status, text = self.stage.server().call("GET", "/ready")
        self.assertEqual(status, 200, text)
        with self.visit() as visit:
            visit.open(view="status")
            shown = visit.text("#dependencies")
            for dependency in json.loads(text)["dependencies"]:
                self.assertIn(dependency["name"], shown)
