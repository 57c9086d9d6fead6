"""What a reader sees when there is nothing to see, not yet, or too much."""

import io
import json

import cases
import looks
import pictures
import stage
from PIL import Image, ImageChops

REFUSED = ("Failed to load resource", ": 401", ": 404", ": 503", ": 500")


class StateCase(cases.DashboardCase):
    def look(self, visit, name):
        """A picture among the artefacts, and the rules that hold for every view."""
        png = visit.page.screenshot(full_page=True)
        pictures.keep(png, self.pictures, "state-" + name)
        self.assert_none(looks.layout(visit) + looks.accessibility(visit))

    def ink(self, visit, selector):
        """Pixels that a line of the chart changes."""
        def picture():
            png = visit.page.locator("#chart").screenshot()
            return Image.open(io.BytesIO(png)).convert("RGB")

        before = picture()
        visit.page.locator(selector).evaluate("(node) => { node.style.visibility = 'hidden'; }")
        difference = ImageChops.difference(before, picture()).convert("L")
        visit.page.locator(selector).evaluate("(node) => { node.style.visibility = ''; }")
        return sum(difference.point(lambda amount: amount > 0).histogram()[1:])

    def intercept(self, visit, pattern, status, code=14, message="the store is away"):
        body = json.dumps({"code": code, "message": message})
        visit.page.route(pattern, lambda route: route.fulfill(
            status=status, content_type="application/json", body=body))


class Empty(StateCase):
    def test_an_empty_store_says_what_to_run(self):
        server = self.stage.server("empty")
        for view in ("market", "overview", "models", "status"):
            with self.subTest(view=view), self.visit(server, allowed=REFUSED) as visit:
                visit.page.goto(f"{server.address}/?view={view}")
                visit.page.wait_for_selector('html:not([data-ready=""])', state="attached")
                visit.until("() => document.documentElement.dataset.ready")
                self.assertIn("bloasis backfill", visit.text("main"))
                self.look(visit, "empty-" + view)

    def test_an_unknown_market(self):
        with self.visit(allowed=REFUSED) as visit:
            visit.open_problem(market="NOPE")
            self.assertTrue(visit.page.locator("#problem").is_visible())
            self.assertIn("NOPE", visit.text("#problem"))
            self.assertFalse(visit.page.locator("#chart").is_visible())
            self.look(visit, "unknown-market")

    def test_a_market_name_is_text_and_never_a_part_of_the_page(self):
        name = "<img src=x onerror=window.__run=1>"
        with self.visit(allowed=(*REFUSED, ": 400")) as visit:
            visit.open_problem(market=name)
            self.assertIsNone(visit.value("() => window.__run ?? null"))
            self.assertEqual(visit.page.locator("main img").count(), 0)


class Refused(StateCase):
    SECRET = "a secret of thirty-two bytes, or more"

    def show(self, visit, token, word):
        """Shows a token and waits for what is said about it."""
        visit.page.locator("#token").fill(token)
        visit.page.keyboard.press("Enter")
        visit.until("(word) => document.getElementById('problem').innerText.includes(word)", word)

    def test_a_server_that_asks_for_a_token_gets_it_from_a_form(self):
        variables = {"BLOASIS_AUTH": "required", "BLOASIS_JWT_SECRET": self.SECRET}
        with self.stage.own_server("start", **variables) as server:
            with self.visit(server, allowed=REFUSED) as visit:
                visit.open_problem(market="SPX")
                self.assertTrue(visit.page.locator("#token").is_visible())
                self.look(visit, "token")
                self.show(visit, "no token at all", "not a token")
                other = stage.token("another secret of as many bytes, or more")
                self.show(visit, other, "accepted")
                visit.page.locator("#token").fill(stage.token(self.SECRET))
                visit.page.keyboard.press("Enter")
                visit.ready("market")
                self.assertFalse(visit.page.locator("#problem").is_visible())
                visit.page.reload()
                visit.ready("market")
                self.assertEqual(visit.value("() => localStorage.length"), 0)
                visit.page.locator("#forget").click()
                visit.ready("problem")
                self.assertTrue(visit.page.locator("#token").is_visible())

    def test_a_server_without_its_store(self):
        with self.visit(allowed=REFUSED) as visit:
            self.intercept(visit, "**/v1/**", 503)
            visit.open_problem(market="SPX")
            self.assertTrue(visit.page.locator("#problem").is_visible())
            self.assertIn("the store is away", visit.text("#problem"))
            self.look(visit, "away")
            visit.page.unroute("**/v1/**")
            visit.page.locator("#retry").click()
            visit.until("() => document.getElementById('problem').hidden")
            visit.ready("market")
            self.assertTrue(visit.page.locator("#chart").is_visible())


class Loading(StateCase):
    def test_a_slow_server_shows_that_it_is_waited_for(self):
        held = []
        with self.visit() as visit:
            visit.page.route("**/v1/**", lambda route: (
                route.continue_() if held is None else held.append(route)))
            visit.page.goto(visit.address + "/?market=SPX")
            visit.page.wait_for_selector('html[data-ready=""]', state="attached")
            visit.until("() => document.body.innerText.includes('Loading')")
            self.assertFalse(visit.page.locator("#problem").is_visible())
            self.look(visit, "loading")
            held, waiting = None, held
            for route in waiting:
                route.continue_()
            visit.ready("market")
            self.assertNotIn("Loading", visit.text("main"))


class Slow(StateCase):
    def test_a_view_that_was_left_does_not_name_the_page(self):
        held = []
        with self.visit() as visit:
            visit.open(view="overview")
            visit.page.route("**/scorecard*", lambda route: held.append(route))
            # Left before it has asked, the view would ask nothing: its question is waited for.
            with visit.page.expect_request("**/scorecard*"):
                visit.page.locator("nav a[data-view=models]").click()
            visit.page.locator("nav a[data-view=status]").click()
            visit.ready("status")
            with visit.page.expect_response("**/scorecard*") as answered:
                for route in held:
                    route.continue_()
            answered.value.finished()
            visit.value("() => new Promise(requestAnimationFrame)")
            self.assertEqual(visit.page.title(), "Status · Bloasis")

    def test_a_busy_server_is_asked_again_when_it_says(self):
        busy = [0.2, 0.2]
        with self.visit(allowed=("Failed to load resource", ": 429")) as visit:
            def answer(route):
                if busy:
                    route.fulfill(status=429, headers={"retry-after": str(busy.pop())}, body="{}")
                else:
                    route.continue_()

            visit.page.route("**/v1/market-regime/current*", answer)
            visit.open(market="SPX")
            self.assertEqual(busy, [])
            self.assertFalse(visit.page.locator("#problem").is_visible())

    def test_a_server_that_never_answers_is_given_up(self):
        hurry = "const wait = AbortSignal.timeout.bind(AbortSignal);" \
            "AbortSignal.timeout = (limit) => wait(limit / 20);"
        with self.visit(allowed=("ERR_ABORTED",), init=hurry) as visit:
            held = []
            visit.page.route("**/v1/market-regime/columns*", lambda route: held.append(route))
            visit.open_problem(market="SPX")
            self.assertIn("30 seconds", visit.text("#problem"))
            self.assertTrue(visit.page.locator("#retry").is_visible())
            for route in held:
                route.abort()


class Much(StateCase):
    def test_thousands_of_changes(self):
        server = self.stage.server("restless")
        changes = server.items("changes", market="RESTLESS", timeframe="1h")
        self.assertGreater(len(changes), 5_000)
        with self.visit(server) as visit:
            visit.open(market="RESTLESS", timeframe="1h")
            self.assertLess(visit.page.locator("#changes tr").count(), 200)
            self.look(visit, "many-changes")
            visit.page.locator("#more").click()
            self.assertLess(visit.page.locator("#changes tr").count(), 500)
            self.assertIn("more of", visit.text("#more"))
            self.assertLess(visit.value("() => document.querySelectorAll('*').length"), 8_000)

    def test_where_a_map_leaves_changes_out_it_is_hatched(self):
        with self.visit(self.stage.server("restless")) as visit:
            visit.open(view="overview")
            cut = "#overview-list .row[data-market=RESTLESS] svg"
            self.assertIn("cut", visit.page.locator(cut).get_attribute("class"))
            self.assertIn("not shown", visit.text("#overview-cut"))
            box = visit.page.locator(cut).bounding_box()
            visit.page.mouse.move(box["x"] + 3, box["y"] + 3)
            visit.until("() => document.getElementById('overview-reading').textContent"
                        ".includes('not shown')")
            self.look(visit, "cut-map")

    def test_hundreds_of_markets(self):
        server = self.stage.server("universe")
        with self.visit(server, width="phone") as visit:
            visit.open(view="overview")
            rows = visit.page.locator("#overview-list .row[data-market]")
            while visit.page.locator("#overview-more").is_visible():
                before = rows.count()
                visit.page.locator("#overview-more").click()
                visit.until("(count) => document.querySelectorAll('#overview-list .row').length"
                            " > count + 1", before)
            self.assertEqual(rows.count(), 241)
            self.look(visit, "universe")

    def test_the_longest_name_fits_the_smallest_screen(self):
        server = self.stage.server("universe")
        with self.visit(server, width="phone") as visit:
            visit.open(market=stage.LONGEST)
            self.assertIn(stage.LONGEST, visit.page.title())
            self.look(visit, "long-name")


class Little(StateCase):
    def test_a_market_without_prices_still_has_its_regimes(self):
        def strip(route):
            answer = route.fetch()
            columns = answer.json()
            columns["close"] = ["NaN"] * len(columns["close"])
            route.fulfill(response=answer, json=columns)

        with self.visit() as visit:
            visit.page.route("**/v1/market-regime/columns*", strip)
            visit.open(market="SPX")
            self.assertGreater(visit.runs(), 50)
            self.assertEqual(visit.page.locator("#chart .price path").count(), 0)
            visit.page.locator("#chart-frame").focus()
            visit.page.keyboard.press("End")
            visit.until("() => document.getElementById('reading').textContent"
                        ".includes('no price')")
            self.look(visit, "no-prices")

    def test_a_market_of_one_bar(self):
        with self.visit(self.stage.server("one")) as visit:
            visit.open(market="ONE")
            self.assertIn("Unknown", visit.text("#regime"))
            self.assertIn("2018-12-31, 1 bar", visit.text("#reading"))
            self.assertGreater(self.ink(visit, "#chart .price path"), 0)
            for key in ("zoom-in", "zoom-out", "zoom-all", "scale-log"):
                visit.page.locator("#" + key).click()
            self.look(visit, "one-bar")


class Stale(StateCase):
    def test_a_market_whose_sessions_are_missing_says_so_in_every_view(self):
        server = self.stage.server("restless")
        with self.visit(server) as visit:
            visit.open(market="RESTLESS", timeframe="1h")
            self.assertIn("Stale", visit.text("#freshness"))
            visit.open(view="overview")
            self.assertIn("stale", visit.text("#overview-list"))
            visit.open(view="status")
            self.assertIn("RESTLESS/1h", visit.text("#series"))
            self.assertIn("stale", visit.text("#series-word"))
            self.look(visit, "stale")

    def test_a_dependency_that_fails_is_told(self):
        def fail(route):
            answer = route.fetch()
            told = answer.json() | {"status": "unavailable", "failing": ["store"]}
            told["dependencies"][0] |= {"status": "unhealthy", "detail": "no connection"}
            route.fulfill(response=answer, status=503, json=told)

        with self.visit(allowed=REFUSED) as visit:
            visit.page.route("**/ready", fail)
            visit.open(view="status")
            self.assertIn("not ready", visit.text("#status-word"))
            self.assertIn("store", visit.text("#status-word"))
            self.assertIn("no connection", visit.text("#dependencies"))
            self.look(visit, "failing")


class Readers(StateCase):
    def test_without_storage_everything_still_works(self):
        refuse = """for (const name of ["localStorage", "sessionStorage"]) {
          const get = () => { throw new DOMException("refused", "SecurityError"); };
          Object.defineProperty(window, name, { get });
        }"""
        with self.visit(init=refuse) as visit:
            visit.open(market="SPX")
            self.assertTrue(visit.page.locator("#chart").is_visible())

    def test_who_wants_no_motion_sees_none(self):
        with self.visit(reduced_motion="reduce") as visit:
            visit.open(market="SPX")
            moving = visit.value(
                "() => document.getAnimations().filter((one) => one.playState === 'running')"
                ".map((one) => one.animationName || one.transitionProperty)")
            self.assertEqual(moving, [])
            slow = visit.value("""() => [...document.querySelectorAll("*")].filter((node) => {
              const style = getComputedStyle(node);
              const longest = (text) => Math.max(...text.split(",").map(parseFloat));
              return longest(style.transitionDuration) > 0.01
                || (style.animationName !== "none" && longest(style.animationDuration) > 0.01);
            }).map((node) => node.tagName + "#" + node.id)""")
            self.assertEqual(slow, [])

    def test_without_scripts_the_page_says_that_it_needs_them(self):
        with self.visit(java_script_enabled=False) as visit:
            visit.page.goto(visit.address + "/")
            self.assertIn("JavaScript", visit.page.locator("body").inner_text())

    def test_on_paper_and_in_forced_colours_it_can_be_read(self):
        with self.visit(forced_colors="active") as visit:
            visit.open(market="SPX")
            self.look(visit, "forced-colours")
