// All series over time, one row each: a map of which regime held where and when.

import { ask } from "./api.js";
import { byId, choices, element, mark, onceQuiet, press, repeat, repeatByKey, show, write } from "./dom.js";
import { age, count, day, instant, percent, regimeClass, regimeName, regimeOrder } from "./regimes.js";
import { address, keepRoute } from "./route.js";

const PAGE_SIZE = 200;
const YEAR_SECONDS = 365.25 * 86_400;
const PERIODS = [["1 year", 1], ["5 years", 5], ["10 years", 10], ["All", Infinity]];
const TYPING_MILLISECONDS = 200;
const REFRESH_MILLISECONDS = 60e3;
/** Width of a strip in its own units; the page stretches it. */
const STRIP_WIDTH = 2_000, STRIP_HEIGHT = 20;
const YEAR_LABELS = 8;
/** From here on to the right a year has no room for its number. */
const YEAR_END = 0.88;

export class OverviewView {
  constructor(page) {
    this.page = page;
    this.items = [];
    this.next = "";
    this.range = null;
    byId("overview-more").onclick = () => this.more().catch((error) => this.fail(error));
    byId("overview-search").oninput = onceQuiet(TYPING_MILLISECONDS, () => {
      page.route.search = byId("overview-search").value.trim();
      keepRoute(page.route);
      this.reload();
    });
    choices(byId("overview-periods"), PERIODS.map(([name]) => name), (index) => {
      page.route.period = PERIODS[index][1] === Infinity ? "" : PERIODS[index][0];
      keepRoute(page.route);
      this.reload();
    });
    const list = byId("overview-list");
    list.addEventListener("pointermove", (event) => this.point(event));
    list.addEventListener("pointerleave", () => this.describe());
    list.addEventListener("focusin", (event) => this.tell(event.target.closest(".row")));
    setInterval(() => {
      if (!document.hidden && !this.isAdding && !byId("view-overview").hidden) this.reload();
    }, REFRESH_MILLISECONDS);
  }

  fail(error) { this.page.fail(error, "overview"); }

  reload() { this.load().catch((error) => this.fail(error)); }

  close() {}

  async open(route) {
    document.title = "All markets · Bloasis";
    byId("overview-search").value = route.search;
    await this.load();
  }

  async load() {
    const { route } = this.page, turn = this.turn = Symbol("turn");
    const first = await this.ask(route, "");
    // As many pages as were shown, unless something else is looked for.
    const isSame = this.search === route.search, wanted = isSame ? this.items.length : 0;
    while (first.next && first.items.length < wanted) {
      const more = await this.ask(route, first.next);
      first.items.push(...more.items);
      first.next = more.next;
    }
    if (turn !== this.turn) return;
    this.search = route.search;
    this.take(first);
  }

  take({ items, next, total }) {
    const { route } = this.page;
    // The newest answer ends the map.
    const last = Math.max(...items.map((item) => seconds(item.asOf)).filter(Number.isFinite), 0);
    // From the first answer on: what a model was warmed up with is no part of the map. Where that is not told, from
    // the first bar.
    const starts = items.map(({ spans, spansCut, firstAsOf }) =>
      seconds(spansCut ? firstAsOf : spans?.[0]?.start ?? firstAsOf));
    const earliest = Math.min(...starts.filter(Number.isFinite), last);
    const years = PERIODS.find(([name]) => name === route.period)?.[1] ?? Infinity;
    this.range = { from: Math.max(earliest, last - years * YEAR_SECONDS), to: last };
    this.total = total ?? items.length;
    this.next = next;
    this.items = items;
    press(byId("overview-periods"), (index) => PERIODS[index][1] === years);
    this.draw();
    if (route.view === "overview") this.page.recovered();
  }

  async more() {
    const { items, search } = this;
    // Another list is on its way.
    if (search !== this.page.route.search) return;
    const turn = this.turn = Symbol("turn");
    this.isAdding = true;
    const told = await this.ask({ search }, this.next).finally(() => { this.isAdding = false; });
    if (turn !== this.turn) return;
    this.take({ ...told, items: items.concat(told.items) });
    // Who went by keys goes on with what has come.
    if (document.activeElement === byId("overview-more") || document.activeElement === document.body) {
      byId("overview-list").children[items.length + 1]?.querySelector("a").focus();
    }
  }

  async ask(route, token) {
    const told = await ask("series", {
      search: route.search, page_size: PAGE_SIZE, page_token: token,
      "time_range.start_date": "1700-01-01", "time_range.end_date": "2262-01-01",
    });
    return { items: told.items || [], next: told.nextPageToken || "", total: told.total };
  }

  draw() {
    const { items, range } = this;
    const found = new Set(items.flatMap((item) => (item.spans || []).map(({ regime }) => regime)));
    repeat(byId("overview-legend"), regimeOrder.filter((regime) => found.has(regime)),
      () => element("li", {}, element("span"), element("span")), (item, regime) => {
        item.firstChild.className = "swatch " + regimeClass(regime);
        write(item.lastChild, regimeName(regime));
      });
    show("overview-cut", items.some((item) => item.spansCut));
    repeatByKey(byId("overview-list"), items.length ? ["axis", ...items] : [],
      (item) => item === "axis" ? item : `${item.market}/${item.timeframe}`,
      (item) => item === "axis" ? axisRow() : seriesRow(), (row, item) => {
        if (item === "axis") updateAxis(row, range); else updateRow(row, item, range);
      });
    show("overview-empty", items.length === 0);
    write(byId("overview-empty"), this.page.route.search
      ? `No market has «${this.page.route.search}» in its name.`
      : "Nothing is stored yet: run bloasis backfill --csv FILE --market NAME.");
    show("overview-more", this.next !== "");
    write(byId("overview-more"), `Show ${count(PAGE_SIZE)} more of ${count(this.total)}`);
    this.describe();
  }

  describe() {
    const { items, range } = this;
    const shown = items.length === this.total ? count(items.length) : `${count(items.length)} of ${count(this.total)}`;
    write(byId("overview-reading"), items.length
      ? `${shown} series, ${day(instant(range.from))} to ${day(instant(range.to))}` : "");
  }

  point(event) {
    const strip = event.target.closest("svg"), row = event.target.closest(".row");
    if (!strip || !row || !row.series) { this.describe(); return; }
    const box = strip.getBoundingClientRect();
    const time = this.range.from + (this.range.to - this.range.from) * (event.clientX - box.left) / box.width;
    const spans = row.series.spans || [];
    const span = spans.findLast(({ start }) => seconds(start) <= time);
    const isCut = row.series.spansCut && spans.length && time < seconds(spans[0].start);
    const absent = isCut ? "earlier changes are not shown" : "no answer";
    write(byId("overview-reading"), `${row.series.market} · ${day(instant(time))} · `
      + (span && time <= seconds(row.series.asOf) ? regimeName(span.regime) + " since " + day(span.start) : absent));
  }

  /** For those who go by keys. */
  tell(row) {
    if (!row || !row.series) return;
    const { market, regime, since, confidence } = row.series;
    write(byId("overview-reading"), `${market} · ${regimeName(regime)} since ${day(since)} with ${percent(confidence)}`);
  }
}

const seconds = (time) => time ? Date.parse(time) / 1e3 : NaN;

const strip = () => mark("svg", {
  viewBox: `0 0 ${STRIP_WIDTH} ${STRIP_HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true",
});

const axisRow = () => element("div", { class: "row axis", "aria-hidden": "true" },
  element("span"), element("div", { class: "years" }), element("span"));

const seriesRow = () => element("div", { class: "row" },
  element("a", { class: "name" }), strip(),
  element("span", { class: "state" }, element("span"), element("span"), element("span", { class: "quiet" })));

function updateAxis(row, range) {
  const first = new Date(1e3 * range.from).getUTCFullYear() + 1, last = new Date(1e3 * range.to).getUTCFullYear();
  const step = Math.max(1, Math.ceil((last - first + 1) / YEAR_LABELS));
  const years = [];
  for (let year = first; year <= last; year += step) {
    const share = (Date.UTC(year) / 1e3 - range.from) / (range.to - range.from || 1);
    if (share < YEAR_END) years.push({ year, share });
  }
  repeat(row.children[1], years, () => element("span"), (label, { year, share }) => {
    label.style.left = 100 * share + "%";
    write(label, String(year));
  });
}

function updateRow(row, item, range) {
  row.series = item;
  row.dataset.market = item.market;
  row.dataset.timeframe = item.timeframe;
  const [name, picture, state] = row.children;
  write(name, item.timeframe === "1d" ? item.market : `${item.market} ${item.timeframe}`);
  name.href = address({ view: "market", market: item.market, timeframe: item.timeframe });
  name.setAttribute("aria-label", `${item.market}, ${item.timeframe}: ${regimeName(item.regime)} since `
    + `${day(item.since)}${item.stale ? ", stale" : ""}`);
  repeat(picture, paths(item, range), () => mark("path"), (path, { regime, d, spans }) => {
    path.setAttribute("class", "strip " + regimeClass(regime));
    path.setAttribute("d", d);
    path.dataset.regime = regime;
    path.dataset.spans = spans;
  });
  hatch(picture, item, range);
  const [swatch, regime, note] = state.children;
  swatch.className = "swatch " + regimeClass(item.regime);
  write(regime, regimeName(item.regime));
  const held = seconds(item.asOf) - seconds(item.since);
  write(note, item.stale ? "stale" : held > 0 ? age(held) : "new");
  state.title = item.stale ? `Sessions from ${day(item.staleSince)} on are missing`
    : `Since ${day(item.since)}, ${percent(item.confidence)}`;
}

/** What came before the changes that are told is hatched. */
function hatch(picture, { spans, spansCut, firstAsOf }, range) {
  picture.classList.toggle("cut", Boolean(spansCut && spans?.length));
  if (!spansCut || !spans?.length) return;
  const share = (time) => 100 * Math.max(0, seconds(time) - range.from) / (range.to - range.from || 1) + "%";
  picture.style.setProperty("--cut-from", share(firstAsOf));
  picture.style.setProperty("--cut-to", share(spans[0].start));
}

/** One path for each label. */
function paths(item, range) {
  const found = new Map(), spans = item.spans || [], end = seconds(item.asOf);
  const x = (time) => STRIP_WIDTH * (Math.min(range.to, Math.max(range.from, time)) - range.from)
    / (range.to - range.from || 1);
  spans.forEach(({ regime, start }, index) => {
    const from = x(seconds(start)), to = x(index + 1 < spans.length ? seconds(spans[index + 1].start) : end);
    if (to <= from) return;
    const path = found.get(regime) || { regime, d: "", spans: 0 };
    path.d += `M${from.toFixed(1)} 0H${Math.max(to, from + 1).toFixed(1)}V${STRIP_HEIGHT}H${from.toFixed(1)}Z`;
    path.spans++;
    found.set(regime, path);
  });
  return regimeOrder.filter((regime) => found.has(regime)).map((regime) => found.get(regime));
}
