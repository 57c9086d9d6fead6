// One series: what it is now, why, its chart, its changes.

import { ask, askAll } from "./api.js";
import { ChangesTable } from "./changes.js";
import { RegimeChart } from "./chart.js";
import { Columns } from "./columns.js";
import { showCurrent, showFreshness } from "./current.js";
import { byId, element, onceQuiet, repeat, show, write } from "./dom.js";
import { saveCSV, savePNG, saveSVG } from "./export.js";
import { listenTo } from "./gestures.js";
import { Follower } from "./live.js";
import { barTime, count, instant, percent, regimeClass, regimeName, regimeOrder } from "./regimes.js";
import { keepRoute } from "./route.js";

const DAY_SECONDS = 86_400, YEAR_SECONDS = 365.25 * DAY_SECONDS;
const PERIODS = [["6 months", 0.5], ["1 year", 1], ["5 years", 5], ["10 years", 10], ["All", Infinity]];
const INTRADAY_PERIODS = [["1 day", 1 / 365.25], ["1 week", 7 / 365.25], ["1 month", 1 / 12], ["1 year", 1], ["All", Infinity]];
const POLL_MILLISECONDS = 60e3;
/** How long the reader's hand rests before the address and the detail follow. */
const REST_MILLISECONDS = 250;
/** Of a window that is asked for again in detail: as much again on both sides. */
const DETAIL_MARGIN = 0.5;
const FRESHNESS_MILLISECONDS = 30e3;
/** Who photographs a page waits until its connections fall silent, which a stream never does; so it
    opens when somebody touches the page, or after this long. */
const STREAM_DELAY_MILLISECONDS = 20e3;
const TOUCHES = ["pointermove", "pointerdown", "keydown", "scroll"];

export class MarketView {
  /** @param page tells of the route, of faults and of what is live */
  constructor(page) {
    this.page = page;
    this.series = {};
    this.now = null;
    this.base = null;
    this.detail = null;
    this.changes = [];
    this.table = new ChangesTable(page);
    this.chart = new RegimeChart({
      onWindow: () => this.windowMoved(), onDrawn: () => this.showReading(),
    });
    this.rest = onceQuiet(REST_MILLISECONDS, () => this.rested());
    this.follower = new Follower({
      onState: (state) => page.live(state),
      onNews: () => this.refresh().catch((error) => page.fail(error)),
      onRefusal: (error) => page.fail(error),
    });
    this.setUp();
  }

  setUp() {
    const frame = byId("chart-frame");
    listenTo(frame, this.chart, { toggleScale: () => this.toggleScale() });
    byId("zoom-in").onclick = () => this.chart.zoom(0.6);
    byId("zoom-out").onclick = () => this.chart.zoom(1 / 0.6);
    byId("zoom-all").onclick = () => this.chart.showAll();
    byId("scale-log").onclick = () => this.toggleScale();
    byId("export-png").onclick = () => savePNG(this.chart).catch((error) => this.page.fail(error));
    byId("export-svg").onclick = () => saveSVG(this.chart);
    byId("export-csv").onclick = () => saveCSV(this.chart).catch((error) => this.page.fail(error));
    setInterval(() => this.poll(), POLL_MILLISECONDS);
    setInterval(() => { if (this.now) showFreshness(this.now); }, FRESHNESS_MILLISECONDS);
    const touched = () => this.follow();
    for (const kind of TOUCHES) addEventListener(kind, touched, { once: true, passive: true });
    setTimeout(touched, STREAM_DELAY_MILLISECONDS);
  }

  // MARK: what is shown

  /** Shows the series of a route. */
  async open(route) {
    const series = { market: route.market, timeframe: route.timeframe };
    const isOther = series.market !== this.series.market || series.timeframe !== this.series.timeframe;
    if (isOther || !this.base) {
      this.follower.stop();
      this.page.live("");
      this.series = series;
      this.now = this.base = this.detail = null;
      this.table.isWhole = false;
      await this.load();
    }
    this.setScale(route.scale === "log");
    this.showRange(route);
    if (this.isTouched) this.follow();
  }

  close() { this.follower.stop(); this.page.live(""); }

  async load() {
    const { series } = this;
    const [now, columns, changes] = await Promise.all([
      ask("current", series), ask("columns", series), askAll("changes", series),
    ]);
    if (series !== this.series) return;
    this.now = now;
    this.base = new Columns(columns);
    this.changes = changes;
    this.showAll();
    this.showPeriods();
  }

  showAll() {
    showCurrent(this.now, this.base, this.changes);
    showFreshness(this.now);
    this.table.show(this.changes, this.base);
    show("chart-section", !this.base.isEmpty);
    show("now", true);
  }

  /** Asks for what came since, and puts it behind what is known. */
  async refresh() {
    const { series, base } = this;
    if (!base) return;
    const [now, columns, changes] = await Promise.all([
      ask("current", series), ask("columns", series), askAll("changes", series),
    ]);
    if (series !== this.series) return;
    const wasAtEnd = this.chart.columns === base && this.chart.visible.to === base.count - 1;
    const range = this.chart.isWhole || this.chart.columns !== base ? null : this.range();
    this.now = now;
    this.base = new Columns(columns);
    this.changes = changes;
    if (this.chart.columns === base) {
      if (range && wasAtEnd) range.to = this.base.last;
      this.chart.show(this.base, range);
    }
    this.showAll();
    this.page.recovered();
  }

  // A bar that changes no regime is no event; the price line still wants it.
  async poll() {
    if (document.hidden || !this.now || byId("view-market").hidden) return;
    const now = await ask("current", this.series).catch(() => null);
    if (now && this.now && now.asOf !== this.now.asOf) await this.refresh().catch((error) => this.page.fail(error));
  }

  follow() {
    this.isTouched = true;
    if (!this.now || this.follower.isFollowing || byId("view-market").hidden) return;
    this.follower.start(this.series, () => this.now.sequence || 0);
  }

  // MARK: the window

  range() {
    const { columns, visible } = this.chart;
    return { from: columns.times[visible.from], to: columns.times[visible.to] };
  }

  showRange(route) {
    const from = Date.parse(route.from) / 1e3, to = lastInstant(route.to);
    const isGiven = Number.isFinite(from) || Number.isFinite(to);
    const { base } = this;
    this.detail = null;
    this.chart.show(base, !isGiven ? null : {
      from: Number.isFinite(from) ? from : base.first, to: Number.isFinite(to) ? to : base.last,
    });
    this.markPeriod();
    if (isGiven) this.refine().catch((error) => this.page.fail(error));
  }

  windowMoved() {
    this.markPeriod();
    this.rest();
  }

  rested() {
    if (byId("view-market").hidden || !this.base) return;
    const route = this.page.route;
    const { from, to } = this.range();
    const written = (seconds) => barTime(instant(seconds), this.base.timeframe).replace(" UTC", "Z").replace(" ", "T");
    const isAll = this.chart.columns === this.base && this.chart.isWhole;
    route.from = isAll ? "" : written(from);
    route.to = isAll ? "" : written(to);
    keepRoute(route);
    this.refine().catch((error) => this.page.fail(error));
  }

  /** Asks for the bars themselves where the window shows points that stand for several. */
  async refine() {
    const { base, chart } = this;
    if (base.barsPerPoint === 1) return;
    const { from, to } = this.range(), margin = DETAIL_MARGIN * (to - from);
    if (chart.isWhole && chart.columns === base) return;
    const known = this.detail;
    if (known && known.from <= from && known.to >= to && known.to - known.from <= 4 * (to - from)) return;
    const wanted = {
      from: Math.max(base.first, from - margin), to: Math.min(base.last, to + margin),
    };
    const told = await ask("columns", {
      ...this.series, "time_range.start_date": instant(Math.floor(wanted.from)),
      "time_range.end_date": instant(Math.ceil(wanted.to) + 1),
    });
    if (base !== this.base) return;
    const columns = new Columns(told);
    if (columns.isEmpty || columns.barsPerPoint >= chart.columns.barsPerPoint) return;
    this.detail = { ...wanted, columns };
    chart.show(columns, this.range());
  }

  showPeriods() {
    const intraday = this.base.count > 1 && this.base.last - this.base.first < 6 * YEAR_SECONDS
      && this.base.bars > 2_000 && /[hm]$/.test(this.base.timeframe);
    this.periods = intraday ? INTRADAY_PERIODS : PERIODS;
    byId("periods").replaceChildren(...this.periods.map(([name, years]) => element("button", {
      type: "button", "aria-pressed": "false", onclick: () => this.showPeriod(years),
    }, name)));
  }

  showPeriod(years) {
    const { base } = this;
    this.detail = null;
    this.chart.show(base, years === Infinity ? null : { from: base.last - years * YEAR_SECONDS, to: base.last });
    this.windowMoved();
  }

  markPeriod() {
    const { base, chart } = this;
    if (!base || base.isEmpty) return;
    const { from, to } = this.range();
    [...byId("periods").children].forEach((button, index) => {
      const years = this.periods[index][1];
      const isThis = years === Infinity ? chart.columns === base && chart.isWhole
        : to === base.last && base.times[base.indexFrom(base.last - years * YEAR_SECONDS)] === from && !chart.isWhole;
      button.setAttribute("aria-pressed", String(isThis));
    });
  }

  toggleScale() {
    this.setScale(!this.chart.isLogarithmic);
    this.page.route.scale = this.chart.isLogarithmic ? "log" : "";
    keepRoute(this.page.route);
  }

  setScale(isLogarithmic) {
    this.chart.isLogarithmic = isLogarithmic;
    byId("scale-log").setAttribute("aria-pressed", String(isLogarithmic));
    this.chart.redraw();
  }

  // MARK: beneath the chart

  showReading() {
    const { chart } = this, { columns, cursor } = chart;
    if (!columns || columns.isEmpty) return;
    const { from, to } = chart.visible;
    const whole = `${barTime(instant(columns.times[from]), columns.timeframe)} to `
      + `${barTime(instant(columns.times[to]), columns.timeframe)}, ${count(to - from + 1)} `
      + (columns.barsPerPoint === 1 ? (to === from ? "bar" : "bars") : `points of ${columns.barsPerPoint} bars`);
    write(byId("reading"), chart.reading() || whole);
    const shares = columns.shares(from, to);
    const probability = (regime) => columns.probabilities.find(({ label }) => label === regime)?.values[cursor] || 0;
    const told = regimeOrder.filter((regime) => shares.has(regime)
      || (cursor !== null && probability(regime) >= 0.0005));
    repeat(byId("legend"), told, () => element("li", {}, element("span", {}), element("span"), element("b")), (item, regime) => {
      item.firstChild.className = "swatch " + regimeClass(regime);
      write(item.childNodes[1], regimeName(regime));
      write(item.lastChild, percent(cursor === null ? shares.get(regime) : probability(regime)));
    });
    write(byId("legend-title"), cursor === null ? "Share of the bars shown" : "Probability at this bar");
  }
}

/** A day lasts until its end. */
const lastInstant = (text) => Date.parse(text) / 1e3 + (/^\d{4}-\d\d-\d\d$/.test(text) ? DAY_SECONDS - 1 : 0);
