// Whether the service works, what it depends on, and how fresh its series are.

import { askAll, readiness, Refusal } from "./api.js";
import { byId, element, show, write } from "./dom.js";
import { barTime, count } from "./regimes.js";
import { address } from "./route.js";
import { fillTable, regimeText } from "./tables.js";

const REFRESH_MILLISECONDS = 15e3;
/** Every so many refreshes the series are asked for too: they are many, and grow stale slowly. */
const SERIES_EVERY = 4;
/** Stale series that are listed; the others are counted. */
const LISTED = 50;

export class StatusView {
  constructor(page) {
    this.page = page;
    this.refreshes = 0;
    setInterval(() => this.refresh(), REFRESH_MILLISECONDS);
  }

  async refresh() {
    if (document.hidden || byId("view-status").hidden || this.isRefreshing) return;
    this.isRefreshing = true;
    try {
      this.refreshes++;
      await this.showService();
      if (this.refreshes % SERIES_EVERY === 0) await this.showSeries();
      if (this.page.route.view === "status") this.page.recovered();
    } catch (error) {
      this.page.fail(error, "status");
    } finally {
      this.isRefreshing = false;
    }
  }

  close() {}

  async open() {
    document.title = "Status · Bloasis";
    await Promise.all([this.showService(), this.showSeries()]);
  }

  async showService() {
    const told = await readiness();
    const isReady = told.status === "ready";
    write(byId("status-word"), isReady
      ? `${told.service} is ready: all it depends on works.`
      : `${told.service} is not ready: ${told.failing.join(", ")} ${told.failing.length === 1 ? "does" : "do"} not work.`);
    byId("status-word").className = "lead " + (isReady ? "good" : "bad");
    fillTable(byId("dependencies"), [
      { title: "Dependency", name: true, value: ({ name }) => name },
      { title: "State", value: ({ status }) => element("span", {
        class: "badge " + (status === "healthy" ? "fresh" : "stale"),
      }, status === "healthy" ? "works" : "fails") },
      { title: "Says", value: ({ detail }) => detail },
    ], told.dependencies);
  }

  async showSeries() {
    try {
      this.tellSeries(await askAll("series", {}));
    } catch (error) {
      write(byId("series-word"), "Which series there are could not be asked: " + error.message);
      show(byId("series").parentElement, false);
      if (error instanceof Refusal && error.isOfCaller) throw error;
    }
  }

  tellSeries(series) {
    const stale = series.filter((item) => item.stale);
    write(byId("series-word"), series.length === 0 ? "Nothing is stored yet: run bloasis backfill --csv FILE --market NAME."
      : stale.length === 0 ? `All ${count(series.length)} series are fresh.`
        : `${count(stale.length)} of ${count(series.length)} series are stale`
          + (stale.length > LISTED ? `; the first ${LISTED}:` : ":"));
    show(byId("series").parentElement, stale.length > 0);
    fillTable(byId("series"), [
      { title: "Series", name: true, value: (item) => element("a", {
        href: address({ view: "market", market: item.market, timeframe: item.timeframe }),
      }, `${item.market}/${item.timeframe}`) },
      { title: "Regime", value: (item) => regimeText(item.regime) },
      { title: "As of", value: (item) => barTime(item.asOf, item.timeframe) },
      { title: "Missing since", value: (item) => barTime(item.staleSince, item.timeframe) },
    ], stale.slice(0, LISTED));
  }
}
