// One series: what it is now, why, its chart, its changes.

import { ask, askAll } from "./api.js";
import { ChangesTable } from "./changes.js";
import { RegimeChart } from "./chart.js";
import { Columns } from "./columns.js";
import { showCurrent, showFreshness } from "./current.js";
import { byId, element, repeat, show, write } from "./dom.js";
import { saveCSV, savePNG, saveSVG } from "./export.js";
import { listenTo } from "./gestures.js";
import { Follower } from "./live.js";
import { barTime, count, instant, percent, regimeClass, regimeName, regimeOrder } from "./regimes.js";
import { keepRoute } from "./route.js";
import { ChartWindow } from "./window.js";

const POLL_MILLISECONDS = 60e3;
/** After a failure, until what happened is asked for again. */
const RETRY_MILLISECONDS = 5e3;
/** An answer with these as they were is the same answer. */
const SAME = ["asOf", "sequence", "regime", "trigger"];
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
    this.changes = [];
    this.table = new ChangesTable(page);
    this.chart = new RegimeChart({
      onWindow: () => this.window.moved(), onAll: () => this.window.showAll(), onDrawn: () => this.showReading(),
    });
    this.window = new ChartWindow(page, this.chart);
    this.follower = new Follower("stream", "regime-change", {
      onState: (state) => page.live(state),
      onNews: () => this.news(),
      onRefusal: (error) => this.fail(error),
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
    byId("export-png").onclick = () => savePNG(this.chart).catch((error) => this.fail(error));
    byId("export-svg").onclick = () => saveSVG(this.chart);
    byId("export-csv").onclick = () => saveCSV(this.chart).catch((error) => this.fail(error));
    setInterval(() => this.poll(), POLL_MILLISECONDS);
    document.addEventListener("visibilitychange", () => this.turned());
    setInterval(() => { if (this.now) showFreshness(this.now); }, FRESHNESS_MILLISECONDS);
    const touched = () => this.follow();
    for (const kind of TOUCHES) addEventListener(kind, touched, { once: true, passive: true });
    setTimeout(touched, STREAM_DELAY_MILLISECONDS);
  }

  fail(error) { this.page.fail(error, "market"); }

  // MARK: what is shown

  /**
   * Shows the series of a route.
   *
   * @param isAnew whether it is asked for again though it is known
   */
  async open(route, isAnew) {
    const series = { market: route.market, timeframe: route.timeframe };
    const isOther = series.market !== this.series.market || series.timeframe !== this.series.timeframe;
    if (isOther || isAnew || !this.base) {
      this.follower.stop();
      this.page.live("");
      this.series = series;
      this.now = this.base = null;
      this.table.reset();
      await this.load();
    }
    // Another series may have been asked for meanwhile.
    if (!this.base || isOther && series !== this.series) return;
    this.setScale(route.scale === "log");
    await this.window.show(this.series, this.base, route);
    this.showTitle();
    if (this.isTouched) this.follow();
  }

  close() { this.follower.stop(); this.page.live(""); }

  async load() {
    const { series } = this;
    const [now, columns, changes] = await Promise.all([
      ask("current", series), ask("columns", series), askAll("changes", series),
    ]);
    if (series !== this.series) return false;
    this.now = now;
    this.base = new Columns(columns);
    this.changes = changes;
    this.showAll();
    return true;
  }

  /** Of a view that was left nothing is said. */
  showTitle() {
    if (this.isShown && this.now) document.title = `${regimeName(this.now.regime)} · ${this.now.market} · Bloasis`;
  }

  showAll() {
    this.showTitle();
    showCurrent(this.now, this.base, this.changes);
    showFreshness(this.now);
    this.table.show(this.changes, this.base);
    show("chart-section", !this.base.isEmpty);
    show("now", true);
    this.page.picker.tell(this.now);
  }

  /** Asks anew, once more when that was wanted meanwhile. */
  async refresh() {
    if (!this.base) return;
    this.isDue = true;
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    try {
      while (this.isDue) {
        this.isDue = false;
        if (await this.load() && !this.base.isEmpty) this.window.renew(this.base);
      }
    } finally {
      this.isRefreshing = false;
    }
    if (this.isShown) this.page.recovered();
  }

  get isShown() { return this.page.route.view === "market"; }

  /** Something happened; what could not be asked is asked again. */
  news() {
    const { series } = this;
    this.refresh().catch((error) => {
      if (!this.isShown || series !== this.series) return;
      this.fail(error);
      setTimeout(() => { if (this.isShown && series === this.series) this.news(); }, RETRY_MILLISECONDS);
    });
  }

  // A bar that changes no regime is no event; the price line still wants it. And what is fresh grows stale.
  async poll() {
    const { series } = this;
    if (!this.now || !this.isShown) return;
    const now = await ask("current", series).catch(() => null);
    if (!now || !this.now || series !== this.series) return;
    if (SAME.some((field) => now[field] !== this.now[field])) { this.news(); return; }
    this.now = now;
    showFreshness(now);
  }

  /** A page in the background leaves its connection to others, of which a browser has six, and polls. */
  turned() {
    if (document.hidden) { this.close(); return; }
    if (this.isTouched) this.follow(); else this.poll();
  }

  follow() {
    this.isTouched = true;
    if (!this.now || this.follower.isFollowing || !this.isShown || document.hidden) return;
    this.follower.start(this.series, () => this.now?.sequence || 0);
  }

  // MARK: the scale

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
    // Who points with a mouse sees it; who goes by keys may only hear it.
    if (chart.isByKeys) this.page.say(chart.reading());
    const shares = columns.shares(from, to);
    const probability = (regime) => columns.probabilities.find(({ label }) => label === regime)?.values[cursor] || 0;
    const told = regimeOrder.filter((regime) => shares.has(regime)
      || (cursor !== null && probability(regime) >= 0.0005));
    repeat(byId("legend"), told, () => element("li", {}, element("span", {}), element("span"), element("b")), (item, regime) => {
      item.firstChild.className = "swatch " + regimeClass(regime);
      write(item.childNodes[1], regimeName(regime));
      write(item.lastChild, percent(cursor === null ? shares.get(regime) : probability(regime)));
    });
    const unit = columns.barsPerPoint === 1 ? "bar" : "point";
    write(byId("legend-title"), cursor === null ? `Share of the ${unit}s shown` : `Probability at this ${unit}`);
  }
}
