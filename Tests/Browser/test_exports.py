"""What is exported can be opened elsewhere and says what the API says."""

import csv
import io
import pathlib
import xml.etree.ElementTree

import cases
from PIL import Image

# Numbers for drawing have four decimals.
DECIMALS = 0.000051
RANGE = {"from": "2008-01-01", "to": "2010-01-01"}


class Exports(cases.DashboardCase):
    def export(self, kind, server=None, market="SPX", **query):
        """The file's name and bytes."""
        with self.visit(server) as visit:
            visit.open(market=market, **query)
            with visit.page.expect_download() as waiting:
                visit.page.locator(f"#export-{kind}").click()
            download = waiting.value
            return download.suggested_filename, pathlib.Path(download.path()).read_bytes()

    def test_csv_has_the_rows_of_the_api(self):
        name, data = self.export("csv", **RANGE)
        self.assertTrue(name.endswith(".csv") and "SPX" in name, name)
        history = self.stage.server().history("SPX", RANGE["from"], RANGE["to"])
        self.compare(data, history)

    def test_csv_of_a_long_series_has_every_bar(self):
        server = self.stage.server("restless")
        _, data = self.export("csv", server, "RESTLESS", timeframe="1h")
        self.compare(data, server.history("RESTLESS", timeframe="1h"))

    def test_csv_from_the_start_of_a_long_series_has_its_first_bars(self):
        """A point has the time of the last of its bars: before the first one there are others."""
        server = self.stage.server("restless")
        history = server.history("RESTLESS", timeframe="1h")
        first, last = history[0]["asOf"], history[400]["asOf"]
        name, data = self.export(
            "csv", server, "RESTLESS", timeframe="1h", **{"from": first, "to": last})
        self.assertIn(first[:10], name)
        self.compare(data, history[:401])

    def compare(self, data, history):
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        self.assertEqual(len(rows), len(history))
        for row, item in zip(rows, history):
            self.assertEqual(row["as_of"], item["asOf"])
            self.assertEqual(row["regime"], item["regime"])
            self.assertEqual(float(row["close"]), item["close"])
            self.assertAlmostEqual(float(row["confidence"]), item["confidence"], delta=DECIMALS)
            for label, probability in item["probabilities"].items():
                told = float(row.get("p_" + label, 0))
                self.assertAlmostEqual(told, probability, delta=DECIMALS)

    def test_svg_is_well_formed_and_stands_alone(self):
        name, data = self.export("svg", **RANGE)
        self.assertTrue(name.endswith(".svg"), name)
        root = xml.etree.ElementTree.fromstring(data)
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        self.assertTrue(root.get("width") and root.get("height") and root.get("viewBox"))
        text = data.decode()
        for word in ("var(--", "currentColor", "<script", "<image", "url(http", "@import"):
            self.assertNotIn(word, text)
        self.assertGreater(self.colours(data), 5)

    def colours(self, svg):
        """Draws a file as a picture of its own: colours that it shows."""
        with self.visit() as visit:
            visit.page.set_content("<p>picture</p>")
            visit.page.set_content(svg.decode())
            png = visit.page.screenshot()
        return len(set(Image.open(io.BytesIO(png)).convert("RGB").reduce(8).getdata()))

    def test_png_opens(self):
        name, data = self.export("png", **RANGE)
        self.assertTrue(name.endswith(".png"), name)
        picture = Image.open(io.BytesIO(data))
        picture.load()
        self.assertGreaterEqual(picture.width, 600)
        self.assertGreater(len(set(picture.convert("RGB").reduce(8).getdata())), 5)
