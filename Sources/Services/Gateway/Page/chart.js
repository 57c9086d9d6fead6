// The price over bands of regimes, and beneath it the probabilities, over one axis of bars.

import { byId, mark, oncePerFrame } from "./dom.js";
import { drawBands, drawCrosshair, drawGrid, drawPrice, drawProbabilities, Frame, MARGIN } from "./drawing.js";
import { barTime, instant, percent, price, regimeName } from "./regimes.js";

/** Bars that a window shows at the least. */
const WINDOW_MINIMUM = 8;

export class RegimeChart {
  /**
   * @param told `onWindow`: the reader's hand changed what is visible; `onAll`: all is wanted;
   *   `onDrawn`: a picture is done
   */
  constructor(told) {
    this.frame = byId("chart-frame");
    this.svg = byId("chart");
    this.probabilities = byId("probabilities");
    this.told = told;
    this.columns = null;
    this.window = { from: 0, to: 1 };
    this.isLogarithmic = false;
    this.cursor = null;
    /** Whether the cursor was moved by a key. */
    this.isByKeys = false;
    this.layers = {};
    for (const name of ["bands", "grid", "names", "price", "axis", "crosshair"]) {
      this.layers[name] = this.svg.appendChild(mark("g", { class: name }));
    }
    this.areas = this.probabilities.appendChild(mark("g", { class: "areas" }));
    this.share = this.probabilities.appendChild(mark("g", { class: "axis" }));
    this.probabilityCursor = this.probabilities.appendChild(mark("g", { class: "crosshair" }));
    this.redraw = oncePerFrame(() => this.draw());
    new ResizeObserver(this.redraw).observe(this.frame);
  }

  // MARK: what is visible

  get whole() { return { from: -0.5, to: this.columns.count - 0.5 }; }

  /** First and last whole point in the window. */
  get visible() {
    const last = this.columns.count - 1;
    return {
      from: Math.min(last, Math.max(0, Math.ceil(this.window.from))),
      to: Math.max(0, Math.min(last, Math.floor(this.window.to))),
    };
  }

  get isWhole() {
    return this.window.from <= this.whole.from && this.window.to >= this.whole.to;
  }

  /** Shows other columns; the window stays where it is in time, or shows all. */
  show(columns, range) {
    const at = this.cursor === null || this.columns.market !== columns.market ? null : this.columns.times[this.cursor];
    this.columns = columns;
    this.cursor = at === null || at > columns.last || at < columns.first ? null : columns.indexFrom(at);
    this.window = this.whole;
    if (range && !columns.isEmpty) this.setWindow(columns.indexFrom(range.from) - 0.5, columns.indexFrom(range.to + 1) - 0.5);
    this.redraw();
  }

  setWindow(from, to) {
    const { whole } = this, room = whole.to - whole.from;
    const least = Math.max(2, WINDOW_MINIMUM / this.columns.barsPerPoint);
    const width = Math.min(room, Math.max(Math.min(least, room), to - from));
    let start = (from + to - width) / 2;
    start = Math.min(Math.max(start, whole.from), whole.to - width);
    this.window = { from: start, to: start + width };
    this.redraw();
  }

  /** @param place between points, what stays where it is. */
  zoom(factor, place = (this.window.from + this.window.to) / 2) {
    const { from, to } = this.window;
    this.setWindow(place - (place - from) * factor, place + (to - place) * factor);
    this.told.onWindow();
  }

  pan(points) {
    this.setWindow(this.window.from + points, this.window.to + points);
    this.told.onWindow();
  }

  showAll() {
    this.told.onAll();
  }

  get plotWidth() { return Math.max(1, this.frame.clientWidth - MARGIN.left - MARGIN.right); }
  get pointsPerPixel() { return (this.window.to - this.window.from) / this.plotWidth; }

  /** The place under a horizontal position of the frame, in pixels. */
  placeAt(x) { return this.window.from + (x - MARGIN.left) * this.pointsPerPixel; }

  setCursor(index) {
    this.cursor = index === null ? null : Math.min(this.columns.count - 1, Math.max(0, index));
    if (this.cursor !== null && (this.cursor < this.window.from || this.cursor > this.window.to)) {
      const half = (this.window.to - this.window.from) / 2;
      this.setWindow(this.cursor - half, this.cursor + half);
      this.told.onWindow();
    }
    this.redraw();
  }

  // MARK: drawing

  draw() {
    const width = this.frame.clientWidth;
    if (!this.columns || this.columns.isEmpty || !width) return;
    const frame = new Frame(
      this.columns, this.window, width, this.svg.clientHeight, this.isLogarithmic);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${frame.height}`);
    drawBands(this.layers.bands, this.layers.names, frame);
    drawGrid(this.layers.grid, this.layers.axis, frame);
    drawPrice(this.layers.price, frame);
    const height = this.probabilities.clientHeight;
    this.probabilities.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawProbabilities(this.areas, this.share, frame, height);
    const isShown = this.cursor !== null && this.cursor >= this.window.from && this.cursor <= this.window.to;
    drawCrosshair(this.layers.crosshair, this.probabilityCursor, frame, isShown ? this.cursor : null, height);
    this.describe();
    this.told.onDrawn();
    this.isByKeys = false;
  }

  /** What a reader of the screen is told. */
  describe() {
    const { columns } = this, { from, to } = this.visible;
    const time = (index) => barTime(instant(columns.times[index]), columns.timeframe);
    this.frame.setAttribute("aria-label", `${columns.market}: price and regimes from ${time(from)} to `
      + `${time(to)}, last ${regimeName(columns.regime(to))}. The table below lists every change.`);
  }

  /** The point under the cursor, in words; empty without one. */
  reading() {
    const { columns, cursor } = this;
    if (cursor === null || !columns || columns.isEmpty) return "";
    const regime = columns.regime(cursor), close = columns.close[cursor];
    return [
      barTime(instant(columns.times[cursor]), columns.timeframe),
      Number.isFinite(close) ? "close " + price(close) : "no price",
      regimeName(regime) + (regime === "unknown" ? "" : ", confidence " + percent(columns.confidence[cursor])),
    ].join(" · ");
  }
}
