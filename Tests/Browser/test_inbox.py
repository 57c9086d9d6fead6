"""What somebody was told, wants to be told, and where."""

import json
import shutil
import tempfile

import cases
import looks
import stage
import visits
from test_live import Market

UNREAD = "() => document.getElementById('unread').hidden ? 0 " \
    ": Number(document.getElementById('unread').textContent.replace(/\\D/g, ''))"


class Inbox(cases.DashboardCase):
    def tally(self, server):
        return server.json("/v1/notifications?page_size=1")["tally"]

    def test_a_change_rings_and_is_read(self):
        with self.stage.own_server("start", now=None) as server:
            with self.visit(server, now=None) as visit:
                visit.open(view="inbox").touch()
                before = int(self.tally(server)["unread"])
                current = Market(server).change(0.9)
                visit.until("(day) => document.querySelector('#inbox-list li')"
                            "?.textContent.includes(day)", current["since"][:10])
                visit.until("(count) => (" + UNREAD + ")() > count", before)
                first = visit.page.locator("#inbox-list li").first
                self.assertIn("SPX", first.inner_text())
                first.locator("button").focus()
                visit.page.keyboard.press("Enter")
                visit.until("() => document.querySelector('#inbox-list li').className === 'read'")
                self.assertEqual(visit.value("() => document.activeElement.tagName"), "H3")
                visit.page.locator("#inbox-all").click()
                visit.until("() => document.getElementById('unread').hidden")
                self.assertEqual(int(self.tally(server)["unread"]), 0)
                first.locator("h3 a").click()
                visit.ready("market")
                self.assertIn("SPX", visit.page.title())

    def test_earlier_ones_are_shown_when_asked_for_and_stay(self):
        shown = "() => document.querySelectorAll('#inbox-list li').length"
        with self.stage.own_server("start", now=None) as server:
            server.store.backfill(stage.FIXTURES / "spx_daily_1999_2018.csv", "SPX")
            with self.visit(server, now=None) as visit:
                visit.open(view="inbox").touch()
                changes = int(server.ask("current", market="SPX")["sequence"])
                self.assertGreater(changes, 60)
                visit.until("(count) => (" + UNREAD + ")() === count", changes)
                visit.until(f"() => ({shown})() === 20")
                visit.page.locator("#inbox-more").click()
                visit.until(f"() => ({shown})() === 40")
                titles = visit.page.locator("#inbox-list h3").all_inner_texts()
                items = server.json("/v1/notifications?page_size=40")["items"]
                self.assertEqual(titles, [item["title"] for item in items])
                visit.page.locator("#inbox-list li").nth(30).locator("button").click()
                visit.until("() => document.querySelectorAll('#inbox-list li.read').length === 1")
                self.assertEqual(visit.value(shown), 40)
                visit.page.locator("#inbox-unread").check()
                visit.until(f"() => ({shown})() === 20")

    def test_preferences_are_kept(self):
        with self.stage.own_server("start") as server:
            with self.visit(server) as visit:
                visit.open(view="inbox")
                visit.page.locator("#p-markets").fill("SPX, AAPL")
                visit.page.locator("#p-timeZone").fill("Europe/Berlin")
                visit.page.locator("#p-quietFrom").fill("22:00")
                visit.page.locator("#p-quietUntil").fill("07:00")
                visit.page.locator("#p-minimumConfidence").fill("62.5")
                visit.page.locator("#p-regimes input[value=crisis]").check()
                visit.page.locator("#preferences button").click()
                visit.until("() => document.getElementById('preferences-said').textContent"
                            " === 'Saved.'")
                told = server.json("/v1/notifications/preferences")
                self.assertEqual(told["markets"], ["AAPL", "SPX"])
                self.assertEqual(told["quietFrom"], "22:00")
                self.assertEqual(told["minimumConfidence"], 0.625)
                self.assertEqual(told["regimes"], ["crisis"])
                visit.page.reload()
                visit.ready("inbox")
                self.assertEqual(visit.page.input_value("#p-timeZone"), "Europe/Berlin")
                self.assertTrue(visit.page.locator("#p-regimes input[value=crisis]").is_checked())

    def test_what_makes_no_sense_is_said_beside_the_form(self):
        with self.stage.own_server("start") as server:
            allowed = ("Failed to load resource", ": 400")
            with self.visit(server, allowed=allowed) as visit:
                visit.open(view="inbox")
                visit.page.locator("#p-timeZone").fill("Middle/Earth")
                visit.page.locator("#preferences button").click()
                visit.until("() => document.getElementById('preferences-said').textContent"
                            ".includes('Middle/Earth')")
                visit.page.locator("#webhook-url").fill("https://127.0.0.1/x")
                visit.page.locator("#webhook button").click()
                visit.until("() => document.getElementById('webhooks-said').textContent.length > 9")
                self.assertFalse(visit.page.locator("#problem").is_visible())

    def test_a_webhook_is_added_disabled_and_deleted(self):
        with self.stage.own_server("start") as server:
            with self.visit(server) as visit:
                visit.open(view="inbox")
                visit.page.locator("#webhook-url").fill("https://hooks.example.com/told")
                visit.page.locator("#webhook button").click()
                visit.until("() => document.getElementById('webhooks-said').textContent"
                            " === 'Added.'")
                self.assertIn("whsec_", visit.text("#webhook-told"))
                row = visit.page.locator("#webhooks tbody tr")
                self.assertIn("hooks.example.com", row.inner_text())
                row.get_by_role("button", name="Disable").click()
                visit.until("() => document.querySelector('#webhooks tbody').textContent"
                            ".includes('off')")
                row.get_by_role("button", name="Delete").click()
                visit.until("() => document.querySelectorAll('#webhooks tbody tr').length === 0")
                told = server.json("/v1/notifications/webhooks")
                self.assertEqual(told.get("items", []), [])


class Looks(cases.DashboardCase):
    def test_all_of_a_webhook_is_in_sight_at_every_width(self):
        beyond = """() => [...document.querySelectorAll("#view-inbox .scroll")]
          .filter((one) => one.scrollWidth > one.clientWidth).length"""
        hooks = ({"url": "https://hooks.example.com/" + "told/" * 40},
                 {"url": "https://discord.com/api/webhooks/1/a", "format": "discord"})
        with self.stage.own_server("start") as server:
            for hook in hooks:
                server.call("POST", "/v1/notifications/webhooks", json.dumps(hook))
            for width in visits.WIDTHS:
                with self.subTest(width=width), self.visit(server, width=width) as visit:
                    visit.open(view="inbox")
                    self.assertEqual(visit.page.locator("#webhooks tbody tr").count(), 2)
                    self.assertEqual(visit.value(beyond), 0)
                    self.assert_none(looks.layout(visit) + looks.accessibility(visit))


class Keys(cases.DashboardCase):
    """Who goes by keys is never set back to the top of the page."""

    FOCUSED = "() => document.activeElement.getAttribute('aria-label') " \
        "|| document.activeElement.id || document.activeElement.tagName"

    def test_of_the_unread_the_next_one_has_the_focus(self):
        rows = "document.querySelectorAll('#inbox-list li')"
        with self.stage.own_server("start") as server:
            with self.visit(server) as visit:
                visit.open(view="inbox")
                visit.page.locator("#inbox-unread").check()
                count = visit.value(f"() => {rows}.length")
                keys = visit.value(f"() => [...{rows}].map((row) => row.dataset.key)")
                visit.page.locator("#inbox-list button").nth(1).focus()
                focused = "() => document.activeElement.closest('li')?.dataset.key"
                for key in [*keys[2:], keys[0]]:
                    self.assertGreater(count, 1)
                    visit.page.keyboard.press("Enter")
                    count -= 1
                    visit.until(f"(count) => {rows}.length === count", count)
                    self.assertEqual(visit.value(focused), key)
                visit.page.keyboard.press("Enter")
                visit.until(f"() => {rows}.length === 0")
                self.assertEqual(visit.value(self.FOCUSED), "inbox-unread")

    def test_what_marks_all_as_read_leaves_the_focus_in_the_inbox(self):
        with self.stage.own_server("start") as server:
            with self.visit(server) as visit:
                visit.open(view="inbox")
                visit.page.locator("#inbox-all").focus()
                visit.page.keyboard.press("Enter")
                visit.until("() => document.getElementById('inbox-all').disabled")
                self.assertEqual(visit.value(self.FOCUSED), "H3")

    def test_a_webhook_that_is_switched_or_deleted_leaves_the_focus_in_its_table(self):
        with self.stage.own_server("start") as server:
            for name in "ab":
                url = {"url": f"https://hooks.example.com/{name}"}
                server.call("POST", "/v1/notifications/webhooks", json.dumps(url))
            with self.visit(server) as visit:
                visit.open(view="inbox")
                said = "(words) => document.getElementById('webhooks-said').textContent === words"
                urls = visit.page.locator("#webhooks tbody th").all_inner_texts()
                for does, words, focused in (
                        ("Disable: ", "Disabled.", "Enable: " + urls[0]),
                        ("Enable: ", "Enabled.", "Disable: " + urls[0]),
                        ("Delete: ", "Deleted.", "Delete: " + urls[1])):
                    visit.page.get_by_label(does + urls[0]).focus()
                    visit.page.keyboard.press("Enter")
                    visit.until(said, words)
                    self.assertEqual(visit.value(self.FOCUSED), focused)
                visit.page.keyboard.press("Enter")
                visit.until("() => document.querySelectorAll('#webhooks tbody tr').length === 0")
                self.assertEqual(visit.value("() => document.activeElement.textContent"), "Add")


class Secrets(cases.DashboardCase):
    PATH = "/v1/notifications/webhooks"

    def test_a_secret_is_shown_though_the_list_is_not_and_a_double_press_adds_one(self):
        held, posts = [], []

        def hold(route):
            if route.request.method == "POST":
                posts.append(route.request.post_data)
                held.append(route)
            else:
                route.fulfill(status=503, json={"code": 14, "message": "the store is away"})

        allowed = ("Failed to load resource", ": 503")
        with self.stage.own_server("start") as server:
            with self.visit(server, allowed=allowed) as visit:
                visit.open(view="inbox")
                visit.page.route(f"**{self.PATH}*", hold)
                visit.page.locator("#webhook-url").fill("https://hooks.example.com/told")
                visit.page.keyboard.press("Enter")
                visit.until("() => document.querySelector('#webhook button').ariaDisabled")
                visit.page.keyboard.press("Enter")
                visit.page.locator("#webhook button").click(force=True)
                held.pop().continue_()
                visit.until("() => document.getElementById('webhooks-said').textContent"
                            ".includes('the store is away')")
                self.assertIn("Added.", visit.text("#webhooks-said"))
                self.assertIn("whsec_", visit.text("#webhook-told"))
                self.assertEqual(len(posts), 1)
                self.assertEqual(len(server.json(self.PATH)["items"]), 1)
                visit.page.unroute(f"**{self.PATH}*")
                visit.page.locator("nav a[data-view=status]").click()
                visit.ready("status")
                self.assertEqual(visit.page.locator("#webhook-secret").text_content(), "")


class Bell(cases.DashboardCase):
    STREAM = "**/v1/notifications/stream*"
    SECRET = "a secret of thirty-two bytes, or more"

    def test_who_signs_in_is_told_from_then_on_without_a_reload(self):
        variables = {"BLOASIS_AUTH": "required", "BLOASIS_JWT_SECRET": self.SECRET}
        allowed = ("Failed to load resource", ": 401")
        with self.stage.own_server("start", now=None, **variables) as server:
            with self.visit(server, now=None, allowed=allowed) as visit:
                visit.open_problem(view="inbox")
                visit.touch()
                token = stage.token(self.SECRET, subject="new", expires=4_000_000_000)
                visit.page.locator("#token").fill(token)
                with visit.page.expect_response(self.STREAM) as stream:
                    visit.page.keyboard.press("Enter")
                self.assertEqual(stream.value.status, 200)
                visit.ready("inbox")
                self.assertEqual(visit.value(UNREAD), 0)
                self.assertEqual(visit.page.locator("#inbox-list li").count(), 0)
                server.store.backfill(stage.FIXTURES / "spx_daily_1999_2018.csv", "SPX")
                visit.until("() => (" + UNREAD + ")() > 0")
                visit.until("() => document.querySelectorAll('#inbox-list li').length > 0")
                self.assertIn("SPX", visit.page.locator("#rung").text_content())

    def test_a_store_that_was_put_back_is_followed_from_where_it_is(self):
        allowed = ("Failed to load resource", "ERR_", ": 400")
        newest = "() => document.querySelector('#inbox-list li')?.dataset.key"
        with self.stage.own_server("start", now=None) as server:
            server.stop()
            with tempfile.TemporaryDirectory() as folder:
                saved = server.store.copy(folder)
                server.start()
                with self.visit(server, now=None, allowed=allowed) as visit:
                    with visit.page.expect_response(self.STREAM):
                        visit.open(view="inbox").touch()
                    before = visit.value(newest)
                    Market(server).change(0.9)
                    visit.until(f"(key) => ({newest})() !== key", before)
                    rung = visit.page.locator("#rung").text_content()
                    server.stop()
                    shutil.rmtree(server.store.home / "store")
                    saved.copy(server.store.home)
                    server.start()
                    visit.until(f"(key) => ({newest})() === key", before)
                    self.assertEqual(visit.page.locator("#rung").text_content(), rung)
                    Market(server).change(0.8)
                    visit.until(f"(key) => ({newest})() !== key", before)
