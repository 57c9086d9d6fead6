// The chart's marks, drawn from what is visible of a series.

import { groups } from "./columns.js";
import { mark, repeat, write } from "./dom.js";
import { percent, price, regimeClass, regimeName, regimeOrder } from "./regimes.js";
import { linear, linearTicks, logarithmic, logarithmicTicks, timeTicks } from "./scales.js";

export const MARGIN = { top: 10, right: 64, bottom: 34, left: 10 };
const STRIP_HEIGHT = 10;
/** Bands are drawn one by one while each has as much room. */
const PIXELS_PER_BAND = 2;
const PROBABILITY_MARGIN = { top: 6, bottom: 8 };
const LETTER_WIDTH = 7;
const TICK_SPACING = { time: 84, price: 56 };

/** What one picture is drawn from. */
export class Frame {
  constructor(columns, window, width, height, isLogarithmic) {
    this.columns = columns;
    this.width = width;
    this.height = height;
    this.left = MARGIN.left;
    this.right = width - MARGIN.right;
    this.top = MARGIN.top;
    this.bottom = height - MARGIN.bottom;
    this.x = linear([window.from, window.to], [this.left, this.right]);
    this.from = Math.max(0, Math.min(columns.count - 1, Math.ceil(window.from)));
    this.to = Math.max(this.from, Math.min(columns.count - 1, Math.floor(window.to)));
    const extent = columns.extent(this.from, this.to);
    this.hasPrices = extent !== null;
    const { low, high } = extent || { low: 0, high: 1 };
    this.isLogarithmic = isLogarithmic && low > 0;
    this.y = this.priceScale(low, high);
    this.perPixel = (window.to - window.from) / Math.max(1, this.right - this.left);
  }

  priceScale(low, high) {
    const range = [this.bottom - STRIP_HEIGHT - 6, this.top + 4];
    if (this.isLogarithmic) {
      const pad = high > low ? (high / low) ** 0.04 : 1.05;
      return logarithmic(this.domain = [low / pad, high * pad], range);
    }
    const pad = high > low ? 0.04 * (high - low) : Math.max(1, Math.abs(low)) * 0.05;
    return linear(this.domain = [low - pad, high + pad], range);
  }
}

function place(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

const short = (value) => Math.round(10 * value) / 10;

/** What is drawn as bands; where most of them would be thinner than pixels, what prevails in each pixel. */
function bandRuns({ columns, from, to, left, right, perPixel }) {
  const runs = columns.runs(from, to);
  return runs.length <= (right - left) / PIXELS_PER_BAND ? runs
    : columns.prevailingRuns(from, to, Math.ceil(perPixel));
}

/** One path for each label: rectangles over the plot, and full ones on the strip beneath it. */
export function drawBands(bands, layer, frame) {
  const paths = new Map(), names = [];
  for (const run of bandRuns(frame)) {
    const start = Math.max(frame.left, frame.x(run.start - 0.5));
    const end = Math.min(frame.right, frame.x(run.end + 0.5));
    if (end <= start) continue;
    const path = paths.get(run.regime) || { regime: run.regime, tall: "", strip: "", runs: 0 };
    const across = `M${short(start)} `, over = `H${short(Math.max(end, start + 0.6))}V`;
    path.tall += across + frame.top + over + short(frame.bottom - STRIP_HEIGHT) + "H" + short(start) + "Z";
    path.strip += across + short(frame.bottom - STRIP_HEIGHT) + over + frame.bottom + "H" + short(start) + "Z";
    path.runs++;
    paths.set(run.regime, path);
    const name = regimeName(run.regime);
    if (end - start > LETTER_WIDTH * name.length + 12) names.push({ name, x: (start + end) / 2 });
  }
  const drawn = regimeOrder.filter((regime) => paths.has(regime)).map((regime) => paths.get(regime));
  const shapes = drawn.flatMap(({ regime, runs, tall, strip }) =>
    [{ regime, runs, d: tall, kind: "band" }, { regime, runs, d: strip, kind: "strip" }]);
  repeat(bands, shapes, () => mark("path"), (path, { regime, runs, d, kind }) => {
    place(path, { d, "data-runs": runs, "data-regime": regime, class: kind + " " + regimeClass(regime) });
  });
  repeat(layer, names, () => mark("text"), (text, { name, x }) => {
    place(text, { x: short(x), y: frame.top + 14, "text-anchor": "middle" });
    write(text, name);
  });
}

export function drawGrid(grid, axis, frame) {
  const wanted = Math.max(2, (frame.bottom - frame.top) / TICK_SPACING.price);
  const prices = !frame.hasPrices ? []
    : (frame.isLogarithmic ? logarithmicTicks : linearTicks)(...frame.domain, wanted);
  const most = Math.max(2, Math.floor((frame.right - frame.left) / TICK_SPACING.time));
  const times = timeTicks(frame.columns.times, frame.from, frame.to, most)
    .filter(({ index }) => frame.x(index) > frame.left + 20 && frame.x(index) < frame.right - 20);
  repeat(grid, prices, () => mark("line"), (line, value) => {
    place(line, { x1: frame.left, x2: frame.right, y1: frame.y(value), y2: frame.y(value) });
  });
  const texts = [
    ...prices.map((value) => ({
      text: price(value), x: frame.right + 8, y: frame.y(value) + 4, anchor: "start" })),
    ...times.map(({ index, text }) => ({
      text, x: frame.x(index), y: frame.bottom + 20, anchor: "middle" })),
  ];
  repeat(axis, texts, () => mark("text"), (node, { text, x, y, anchor }) => {
    place(node, { x: short(x), y: short(y), "text-anchor": anchor });
    write(node, text);
  });
}

/**
 * The line through the closes. Where several points share a column of pixels, their first, lowest,
 * highest and last close are drawn, which looks the same as all of them (Jugel et al. 2014, M4).
 */
function pricePath(frame) {
  const { columns, x, y } = frame;
  let path = "", isDown = false;
  const to = (index, value) => {
    // A close without neighbours is a dot: a line of no length, with round ends.
    path += (isDown ? "L" : "M") + short(x(index)) + " " + short(y(value)) + (isDown ? "" : "h0");
    isDown = true;
  };
  for (const { index, end } of groups(frame.from, frame.to, Math.floor(frame.perPixel / 2))) {
    const extent = columns.extent(index, end);
    if (!extent) { isDown = false; continue; }
    const first = columns.close[index], last = columns.close[end];
    if (end === index && columns.barsPerPoint === 1) { to(index, first); continue; }
    for (const value of [first, extent.low, extent.high, last]) if (Number.isFinite(value)) to(index, value);
  }
  return path;
}

/** What each label has of the probability, one upon the other; means where points share a pixel. */
function stackedAreas(frame, y) {
  const { columns } = frame;
  const present = regimeOrder.map((label) => columns.probabilities.find((column) => column.label === label))
    .filter(Boolean);
  const places = [...groups(frame.from, frame.to, Math.floor(frame.perPixel))];
  const base = new Float64Array(places.length);
  const clip = (value) => short(Math.min(frame.right, Math.max(frame.left, value)));
  const xs = places.map(({ index, end }) => clip(frame.x((index + end) / 2)));
  // The outermost reach to the edges of what is shown.
  if (places.length > 1) [xs[0], xs[xs.length - 1]] = [clip(frame.x(frame.from)), clip(frame.x(frame.to))];
  return present.map(({ label, values }) => {
    let up = "", down = "";
    places.forEach(({ index, end }, at) => {
      let sum = 0;
      for (let point = index; point <= end; point++) sum += values[point];
      down = `L${xs[at]} ${short(y(base[at]))}` + down;
      base[at] += sum / (end - index + 1);
      up += (at ? "L" : "M") + xs[at] + " " + short(y(base[at]));
    });
    return { label, d: up + down + "Z" };
  });
}

export function drawPrice(layer, frame) {
  repeat(layer, frame.hasPrices ? [pricePath(frame)] : [], () => mark("path"),
    (path, d) => path.setAttribute("d", d));
}

export function drawProbabilities(areas, axis, frame, height) {
  const y = linear([0, 1], [height - PROBABILITY_MARGIN.bottom, PROBABILITY_MARGIN.top]);
  repeat(areas, stackedAreas(frame, y), () => mark("path"), (path, { label, d }) => {
    place(path, { d, class: regimeClass(label), "data-regime": label });
  });
  repeat(axis, [0, 0.5, 1], () => mark("text"), (text, share) => {
    place(text, { x: frame.right + 8, y: y(share) + (share === 0 ? 0 : share === 1 ? 9 : 4) });
    write(text, percent(share, 0));
  });
}

/** @param cursor a point, or `null` */
export function drawCrosshair(layer, beneath, frame, cursor, height) {
  const x = cursor === null ? 0 : short(frame.x(cursor));
  const close = cursor === null ? NaN : frame.columns.close[cursor];
  const across = Number.isFinite(close) ? [{ x1: frame.left, x2: frame.right, y1: frame.y(close), y2: frame.y(close) }] : [];
  const down = cursor === null ? [] : [{ x1: x, x2: x, y1: frame.top, y2: frame.bottom }];
  const lines = [...down, ...across];
  const marks = [...lines.map((at) => ["line", at]), ...across.map(() => ["circle", { cx: x, cy: frame.y(close), r: 4 }])];
  layer.replaceChildren(...marks.map(([tag, at]) => mark(tag, at)));
  beneath.replaceChildren(...(cursor === null ? [] : [mark("line", { x1: x, x2: x, y1: 0, y2: height })]));
}
