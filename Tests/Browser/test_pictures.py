"""The comparison of pictures itself: both sides of its tolerance."""

import io
import pathlib
import tempfile
import unittest
import unittest.mock

import pictures
from PIL import Image


def page(colour=(250, 250, 250), mark=None, height=200):
    """A page of 200 by 200 with a mark on it, as PNG."""
    picture = Image.new("RGB", (200, height), colour)
    if mark:
        picture.paste((20, 20, 20), mark)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


class Comparison(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.goldens = self.folder / "goldens"
        self.assertIsNone(self.compare(page(mark=(20, 20, 60, 60)), regenerate="1"))

    def compare(self, png, name="one", regenerate=""):
        with unittest.mock.patch.dict("os.environ", {"REGENERATE": regenerate}):
            return pictures.fault(png, self.folder, name, self.goldens)

    def test_the_same_picture_passes_and_is_kept(self):
        self.assertIsNone(self.compare(page(mark=(20, 20, 60, 60))))
        self.assertTrue((self.folder / "one.png").exists())
        self.assertFalse((self.folder / "one.difference.png").exists())

    def test_colours_may_differ_a_little_and_no_more(self):
        mark = (20, 20, 60, 60)
        near, far = 250 - pictures.AMOUNT, 250 - pictures.AMOUNT - 1
        self.assertIsNone(self.compare(page((near, near, near), mark)))
        self.assertIn("pixels differ", self.compare(page((far, far, far), mark)))

    def test_a_few_pixels_may_differ_and_no_more(self):
        few = int((pictures.SHARE * 100 * 100)) * 2
        one_row = Image.open(io.BytesIO(page(mark=(20, 20, 60, 60))))
        for width, passes in ((few, True), (few + 2, False)):
            picture = one_row.copy()
            picture.paste((20, 20, 20), (100, 100, 100 + width, 102))
            data = io.BytesIO()
            picture.save(data, "PNG")
            fault = self.compare(data.getvalue())
            self.assertEqual(fault is None, passes, fault)

    def test_a_difference_is_drawn(self):
        self.assertIn("pixels differ", self.compare(page()))
        drawn = Image.open(self.folder / "one.difference.png").convert("RGB")
        self.assertEqual(drawn.getpixel((20, 20)), (220, 0, 0))

    def test_another_size_and_a_missing_golden_are_faults(self):
        self.assertIn("instead of", self.compare(page(height=220)))
        self.assertIn("no golden", self.compare(page(), "other"))
