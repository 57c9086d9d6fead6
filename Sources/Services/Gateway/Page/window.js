// Which stretch of a series the chart shows, in how much detail, and how the address tells it.

import { ask } from "./api.js";
import { Columns } from "./columns.js";
import { byId, choices, onceQuiet, press } from "./dom.js";
import { dateOf, instant, isIntraday } from "./regimes.js";
import { keepRoute } from "./route.js";

const DAY_SECONDS = 86_400, YEAR_SECONDS = 365.25 * DAY_SECONDS;
const PERIODS = [["6 months", 0.5], ["1 year", 1], ["5 years", 5], ["10 years", 10], ["All", Infinity]];
const INTRADAY_PERIODS = [["1 day", 1 / 365.25], ["1 week", 7 / 365.25], ["1 month", 1 / 12], ["1 year", 1], ["All", Infinity]];
/** How long the reader's hand rests before the address and the detail follow. */
const REST_MILLISECONDS = 250;
/** Of a window that is asked for again in detail: as much again on both sides. */
const DETAIL_MARGIN = 0.5;
/** A detail so many times as wide as the window is asked for again, where it is thinned itself. */
const DETAIL_WIDEST = 4;

export class ChartWindow {
  constructor(page, chart) {
    this.page = page;
    this.chart = chart;
    this.series = {};
    this.base = null;
    this.detail = null;
    /** A range that was asked for by name, until the hand moves: `{ from, to }` in seconds. */
    this.wanted = null;
    this.rest = onceQuiet(REST_MILLISECONDS, () => this.rested());
  }

  get isAll() { return this.chart.columns === this.base && this.chart.isWhole; }

  /** First and last instant that are shown. */
  range() {
    const { columns, visible } = this.chart;
    return { from: columns.times[visible.from], to: columns.times[visible.to] };
  }

  /** Shows a series as a route wants it. */
  async show(series, base, route) {
    const from = Date.parse(route.from) / 1e3, to = lastInstant(route.to);
    if (base !== this.base) this.showPeriods(base);
    this.series = series;
    this.base = base;
    this.detail = this.turn = null;
    const isGiven = Number.isFinite(from) || Number.isFinite(to);
    this.wanted = !isGiven ? null : {
      from: Number.isFinite(from) ? from : base.first, to: Number.isFinite(to) ? to : base.last,
    };
    this.chart.show(base, this.wanted);
    this.markPeriod();
    await this.refine();
  }

  /** Takes on newer columns of the same series. */
  renew(base) {
    const before = this.base, range = this.range(), { isAll } = this;
    const isAtEnd = range.to >= before.last, isDetail = this.chart.columns !== before;
    this.base = base;
    if (isDetail && !isAtEnd) return;
    this.detail = this.turn = null;
    if (isAtEnd) range.to = base.last;
    this.chart.show(base, isAll ? null : range);
    if (!isAll) this.refine(range).catch((error) => this.page.fail(error, "market"));
  }

  showAll() {
    this.turn = this.wanted = null;
    this.chart.show(this.base, null);
    this.markPeriod();
    this.rest();
  }

  showPeriod(years) {
    if (years === Infinity) { this.showAll(); return; }
    const { base } = this;
    this.turn = null;
    this.wanted = { from: base.last - years * YEAR_SECONDS, to: base.last };
    this.chart.show(base, this.wanted);
    this.markPeriod();
    this.rest();
  }

  /** The reader's hand moved it. */
  moved() {
    this.turn = this.wanted = null;
    this.leaveDetail();
    this.markPeriod();
    this.rest();
  }

  /** At an edge of the detail the series goes on, if with fewer points. */
  leaveDetail() {
    const { chart, base } = this, { columns, window, whole } = chart;
    if (columns === base) return;
    const isAtStart = window.from <= whole.from && columns.first > base.first;
    const isAtEnd = window.to >= whole.to && columns.last < base.last;
    if (isAtStart || isAtEnd) chart.show(base, this.range());
  }

  rested() {
    if (byId("view-market").hidden || !this.base) return;
    this.refine().then(() => this.tellAddress()).catch((error) => this.page.fail(error, "market"));
  }

  tellAddress() {
    const { route } = this.page, { isAll } = this, { from, to } = this.range();
    const written = (seconds) => isIntraday(this.base.timeframe) ? instant(seconds).slice(0, 16) + "Z"
      : dateOf(seconds);
    route.from = isAll ? "" : written(from);
    route.to = isAll ? "" : written(to);
    keepRoute(route);
    this.markPeriod();
  }

  /** Asks for the bars themselves where the window shows points that stand for several. */
  async refine(wanted = this.wanted || this.range()) {
    const { base, chart } = this;
    if (base.barsPerPoint === 1 || base.isEmpty || this.isAll) return;
    const turn = this.turn = Symbol("refining"), width = wanted.to - wanted.from;
    if (!this.serves(wanted)) {
      const start = wanted.from - DETAIL_MARGIN * width;
      const around = {
        // A point has the time of the last of its bars: before the first point there are others.
        from: start <= base.first ? base.since : Math.floor(start),
        to: Math.min(base.last, wanted.to + DETAIL_MARGIN * width),
      };
      const told = await ask("columns", {
        ...this.series, "time_range.start_date": instant(around.from),
        "time_range.end_date": instant(Math.ceil(around.to) + 1),
      });
      if (turn !== this.turn || base !== this.base) return;
      const columns = new Columns(told, around.from);
      if (columns.isEmpty || columns.barsPerPoint >= base.barsPerPoint) return;
      this.detail = { ...around, columns };
    }
    const { columns } = this.detail;
    const from = wanted.from <= base.first ? columns.first : wanted.from;
    if (chart.columns !== columns) chart.show(columns, { from, to: wanted.to });
  }

  /** Whether the detail at hand shows a range as well as another would. */
  serves({ from, to }) {
    const { detail } = this;
    if (!detail || detail.from > Math.max(from, this.base.first) || detail.to < Math.min(to, this.base.last)) return false;
    const { barsPerPoint, first, last } = detail.columns;
    return barsPerPoint === 1 || last - first <= DETAIL_WIDEST * (to - from);
  }

  // MARK: periods

  showPeriods(base) {
    const isShort = base.count > 1 && isIntraday(base.timeframe) && base.last - base.first < 6 * YEAR_SECONDS;
    this.periods = isShort ? INTRADAY_PERIODS : PERIODS;
    choices(byId("periods"), this.periods.map(([name]) => name), (index) => this.showPeriod(this.periods[index][1]));
  }

  markPeriod() {
    const { base, chart } = this;
    if (!base || base.isEmpty) return;
    const { columns } = chart, { from, to } = this.range();
    press(byId("periods"), (index) => {
      const years = this.periods[index][1], start = base.last - years * YEAR_SECONDS;
      return years === Infinity ? this.isAll
        : !this.isAll && to === base.last && columns.times[columns.indexFrom(start)] === from;
    });
  }
}

/** A day lasts until its end, a minute too. */
function lastInstant(text) {
  const rest = /^\d{4}-\d\d-\d\d$/.test(text) ? DAY_SECONDS - 1 : /T\d\d:\d\dZ$/.test(text) ? 59 : 0;
  return Date.parse(text) / 1e3 + rest;
}
