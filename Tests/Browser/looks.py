"""Rules of how a page looks, asked of the browser's own layout. Each answers with faults."""

from axe_playwright_python.sync_playwright import Axe

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Elements that are there to be read, and not for screen readers alone.
VISIBLE = """
const visible = (node) => {
  const box = node.getBoundingClientRect();
  if (box.width <= 1 || box.height <= 1) return false;
  return node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
};
const name = (node) => node.tagName.toLowerCase() + (node.id ? "#" + node.id : "")
  + (node.classList.length ? "." + [...node.classList].join(".") : "");
const ownText = (node) => [...node.childNodes].filter((child) => child.nodeType === 3)
  .map((child) => child.data.trim()).join(" ").trim();
"""

OVERFLOW = "() => {" + VISIBLE + """
  const root = document.documentElement, found = [];
  if (root.scrollWidth > root.clientWidth) {
    found.push(`the page is ${root.scrollWidth} wide, ${root.clientWidth} are seen`);
  }
  return found;
}"""

# Text is cut off where it leaves a box that hides what does not fit, and where a piece of SVG text
# leaves its picture. What scrolls is no fault, and neither is what is for screen readers alone.
CLIPPED = "() => {" + VISIBLE + """
  const found = [], range = document.createRange();
  const hides = (style, axis) => ["hidden", "clip"].includes(style["overflow-" + axis]);
  for (const node of document.querySelectorAll("body *")) {
    if (!visible(node) || !ownText(node)) continue;
    if (node.closest("svg") && !["text", "tspan"].includes(node.tagName)) continue;
    const picture = node.closest("svg");
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    for (let box = picture || node; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box), frame = box.getBoundingClientRect();
      if (frame.width <= 1 || frame.height <= 1) break;
      const across = text.left < frame.left - 1 || text.right > frame.right + 1;
      const down = text.top < frame.top - 2 || text.bottom > frame.bottom + 2;
      if ((across && hides(style, "x")) || (down && hides(style, "y"))) {
        found.push(`${name(node)} «${ownText(node).slice(0, 40)}» is cut off by ${name(box)}`);
      }
      if (["auto", "scroll"].includes(style.overflowX)) break;
    }
  }
  return [...new Set(found)];
}"""

# Two labels of one picture that lie on each other cannot be read.
OVERLAPPING = "() => {" + VISIBLE + """
  const found = [];
  for (const picture of document.querySelectorAll("svg")) {
    const texts = [...picture.querySelectorAll("text")].filter((node) => visible(node)
      && node.textContent.trim()).map((node) => [node, node.getBoundingClientRect()]);
    texts.forEach(([one, a], index) => {
      for (const [other, b] of texts.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 2) {
          found.push(`${name(picture)}: «${one.textContent}» lies on «${other.textContent}»`);
        }
      }
    });
  }
  return found;
}"""

# Where sections lie side by side, each column has one edge: an edge that nearly meets another one
# was meant to meet it.
MISALIGNED = "() => {" + VISIBLE + """
  const found = [], edges = [];
  for (const node of document.querySelectorAll("header, main section, main > *, footer")) {
    if (!visible(node) || node.closest("svg, table, [role=alert] *")) continue;
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    edges.push([name(node), box.left + parseFloat(style.paddingLeft), box.left]);
  }
  for (const [one, , a] of edges) for (const [other, , b] of edges) {
    const gap = b - a;
    if (gap > 0.75 && gap < 4) found.push(`${other} begins ${gap.toFixed(1)} px beside ${one}`);
  }
  return found;
}"""


def layout(visit):
    """Overflow, text cut off, labels on each other and edges that nearly meet."""
    return [fault for script in (OVERFLOW, CLIPPED, OVERLAPPING, MISALIGNED)
            for fault in visit.value(script)]


def accessibility(visit):
    """What axe-core finds, contrast included."""
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": AXE_TAGS}}
    results = Axe().run(visit.page, options=options)
    return [
        f"{violation['id']}: {violation['help']}: "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node.get('failureSummary', '')}"
                    for node in violation["nodes"][:5])
        for violation in results.response["violations"]
    ]


# Machado, Oliveira and Fernandes (2009), severity 1, in linear light.
BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}


def linear(colour):
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (channel / 255 for channel in colour)]


def lab(light):
    """CIELAB of linear sRGB, white D65."""
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750),
            (0.0193339, 0.1191920, 0.9503041))
    white = (0.95047, 1.0, 1.08883)
    parts = [sum(a * max(0.0, min(1.0, b)) for a, b in zip(row, light)) / w
             for row, w in zip(rows, white)]
    x, y, z = [part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
               for part in parts]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour, blindness):
    light = linear(colour)
    return lab([sum(a * b for a, b in zip(row, light)) for row in BLINDNESS[blindness]])


def distance(one, other, blindness):
    """CIE 1976 difference of two colours (0–255) to a kind of eye; 2 can just be told apart."""
    return sum((a - b) ** 2 for a, b in zip(seen(one, blindness), seen(other, blindness))) ** 0.5
