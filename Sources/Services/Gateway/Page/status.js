// Whether the service works, what it depends on, and how fresh its series are.

import { askAll, readiness, Refusal } from "./api.js";
import { byId, element, show, write } from "./dom.js";
import { barTime, count } from "./regimes.js";
import { address } from "./route.js";
import { fillTable, regimeText } from "./tables.js";

const REFRESH_MILLISECONDS = 15e3;
/** Stale series that are listed; the others are counted. */
const LISTED = 50;

export class StatusView {
  constructor(page) {
    this.page = page;
    setInterval(() => {
      if (!document.hidden && !byId("view-status").hidden) this.load().catch((error) => page.fail(error));
    }, REFRESH_MILLISECONDS);
  }

  close() {}

  async open() {
    document.title = "Status · Bloasis";
    await this.load();
  }

  async load() {
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
    try {
      this.showSeries(await askAll("series", {}));
    } catch (error) {
      write(byId("series-word"), "Which series there are could not be asked: " + error.message);
      show(byId("series").parentElement, false);
      if (error instanceof Refusal && error.isOfCaller) throw error;
    }
  }

  showSeries(series) {
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
