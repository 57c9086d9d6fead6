// Pictures and tables of what is shown, as files.

import { ask } from "./api.js";
import { Columns } from "./columns.js";
import { byId, mark } from "./dom.js";
import { dateOf, instant, regimeClass, regimeName, regimeOrder } from "./regimes.js";

/** A download has read its file by then. */
const REVOKE_MILLISECONDS = 60e3;
const PADDING = 16, TITLE_HEIGHT = 40, LEGEND_HEIGHT = 34, GAP = 8;
/** Pixels of a picture per pixel of the page. */
const SHARPNESS = 2;
/** Of one answer. */
const POINTS_MAXIMUM = 20_000;
/** What a drawing has from the style sheet, and a file has to bring along. */
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap",
  "opacity", "font-family", "font-size", "font-weight"];

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MILLISECONDS);
}

function inlined(svg) {
  const copy = svg.cloneNode(true);
  const originals = svg.querySelectorAll("*"), copies = copy.querySelectorAll("*");
  originals.forEach((node, index) => {
    const style = getComputedStyle(node);
    for (const name of STYLES) copies[index].setAttribute(name, style.getPropertyValue(name));
  });
  copy.querySelector(".crosshair").remove();
  copies.forEach((node) => node.removeAttribute("class"));
  return copy;
}

function text(words, x, y, size, weight = 400) {
  const style = getComputedStyle(document.body);
  return mark("text", {
    x, y, fill: style.color, "font-family": style.fontFamily, "font-size": size, "font-weight": weight,
  }, words);
}

function legend(columns, range, y) {
  const shares = columns.shares(range.from, range.to);
  let x = PADDING;
  return [...shares.keys()].flatMap((regime) => {
    const probe = document.createElement("span");
    probe.className = "swatch " + regimeClass(regime);
    document.body.append(probe);
    const fill = getComputedStyle(probe).backgroundColor;
    probe.remove();
    const pair = [mark("rect", { x, y: y - 11, width: 13, height: 13, rx: 3, fill }),
      text(regimeName(regime), x + 19, y, 13)];
    x += 19 + 8 * regimeName(regime).length + 18;
    return pair;
  });
}

/** One drawing that stands alone: title, price, probabilities, legend. */
function drawing(chart) {
  const parts = [chart.svg, chart.probabilities];
  const width = chart.frame.clientWidth + 2 * PADDING;
  const heights = parts.map((svg) => svg.clientHeight);
  const height = TITLE_HEIGHT + heights[0] + GAP + heights[1] + LEGEND_HEIGHT + PADDING;
  const { columns, visible } = chart;
  const title = `${columns.market} ${columns.timeframe} · ${dateOf(columns.times[visible.from])} to `
    + dateOf(columns.times[visible.to]);
  const svg = mark("svg", {
    xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`,
  }, mark("title", {}, title), mark("rect", {
    width, height, fill: getComputedStyle(byId("chart-section")).backgroundColor,
  }), text(title, PADDING, 28, 16, 600));
  let y = TITLE_HEIGHT;
  parts.forEach((part, index) => {
    const group = mark("g", { transform: `translate(${PADDING} ${y})` });
    group.append(...inlined(part).childNodes);
    svg.append(group);
    y += heights[index] + GAP;
  });
  svg.append(...legend(columns, visible, y + 20));
  return { width, height, source: new XMLSerializer().serializeToString(svg) };
}

const fileName = (chart, ending) => [
  "bloasis", chart.columns.market.replace(/[^A-Za-z0-9._-]/g, "_"), chart.columns.timeframe,
  dateOf(chart.columns.times[chart.visible.from]),
  dateOf(chart.columns.times[chart.visible.to]),
].join("-") + "." + ending;

export function saveSVG(chart) {
  save(fileName(chart, "svg"), new Blob([drawing(chart).source], { type: "image/svg+xml" }));
}

export async function savePNG(chart) {
  // What is shown may change while this waits.
  const name = fileName(chart, "png");
  const { width, height, source } = drawing(chart);
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(source);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SHARPNESS * width;
  canvas.height = SHARPNESS * height;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  save(name, blob);
}

/** All bars of a half-open range of seconds, in parts of which none is thinned. */
async function bars(series, from, to) {
  const part = new Columns(await ask("columns", {
    ...series, points: POINTS_MAXIMUM,
    "time_range.start_date": instant(from), "time_range.end_date": instant(to),
  }));
  if (part.barsPerPoint === 1) return [part];
  const middle = Math.floor((from + to) / 2);
  return [...await bars(series, from, middle), ...await bars(series, middle, to)];
}

/** The bars that are visible; of points that stand for several, each of those. */
async function visibleBars({ columns, visible }) {
  if (columns.barsPerPoint === 1) return [{ columns, ...visible }];
  const { market, timeframe, times, since } = columns;
  // A point has the time of the last of its bars.
  const from = visible.from > 0 ? times[visible.from - 1] + 1 : since;
  const parts = await bars({ market, timeframe }, from, times[visible.to] + 1);
  return parts.map((part) => ({ columns: part, from: 0, to: part.count - 1 }));
}

/** The visible bars, one a line. */
export async function saveCSV(chart) {
  const name = fileName(chart, "csv");
  const parts = await visibleBars(chart);
  const found = new Set(parts.flatMap(({ columns }) => columns.probabilities.map(({ label }) => label)));
  const labels = regimeOrder.filter((label) => found.has(label));
  const lines = [["as_of", "close", "regime", "confidence", ...labels.map((label) => "p_" + label)].join(",")];
  for (const { columns, from, to } of parts) {
    const values = labels.map((label) => columns.probabilities.find((column) => column.label === label)?.values);
    for (let index = from; index <= to; index++) {
      const close = columns.close[index];
      lines.push([
        instant(columns.times[index]), Number.isFinite(close) ? close : "", columns.regime(index),
        columns.confidence[index], ...values.map((column) => Number((column?.[index] ?? 0).toFixed(4))),
      ].join(","));
    }
  }
  save(name, new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
}
