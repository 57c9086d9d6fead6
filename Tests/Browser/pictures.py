"""Pictures of the dashboard against golden ones.

A golden picture has half the size of the page. A pixel differs when one of its colours does by more
than `AMOUNT`: letters of another version of the browser stay below that, a thing that has moved or
gone does not. A picture differs when more than `SHARE` of its pixels do, or its size.

What differs is kept beside the picture: `NAME.difference.png` is the golden one in grey with what
is not the same in red.
"""

import io
import os
import pathlib

from PIL import Image, ImageChops

GOLDENS = pathlib.Path(__file__).resolve().parent.parent.parent / "Fixtures" / "screenshots"
AMOUNT = 40
SHARE = 0.004
# Colours of a golden picture, chosen so that none is far from what it stands for.
PALETTE = 64


def regenerates():
    return os.environ.get("REGENERATE") == "1"


def halved(png):
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return picture.reduce(2)


def differing(picture, golden):
    """A mask of the pixels that differ."""
    bands = ImageChops.difference(picture, golden).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return most.point(lambda amount: 255 if amount > AMOUNT else 0)


def share(mask):
    return mask.histogram()[255] / (mask.width * mask.height)


def marked(golden, mask):
    """The golden picture in grey, with what differs in red."""
    grey = golden.convert("L").convert("RGB")
    return Image.composite(Image.new("RGB", golden.size, (220, 0, 0)), grey, mask)


def keep(png, folder, name):
    """Writes a picture among the artefacts of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    path.write_bytes(png)
    return path


def fault(png, folder, name, goldens=GOLDENS):
    """Keeps a picture and says how it differs from its golden one; `None` where it does not."""
    keep(png, folder, name)
    (folder / f"{name}.difference.png").unlink(missing_ok=True)
    picture, path = halved(png), goldens / f"{name}.png"
    if regenerates():
        goldens.mkdir(parents=True, exist_ok=True)
        few = picture.quantize(
            PALETTE, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        return None
    if not path.exists():
        return f"{name}: there is no golden picture; REGENERATE=1 makes one"
    golden = Image.open(path).convert("RGB")
    if picture.size != golden.size:
        return f"{name}: {picture.size} instead of {golden.size} pixels, at half size"
    mask = differing(picture, golden)
    found = share(mask)
    if found <= SHARE:
        return None
    marked(golden, mask).save(folder / f"{name}.difference.png")
    return f"{name}: {found:.2%} of the pixels differ, {SHARE:.2%} may: see {name}.difference.png"
