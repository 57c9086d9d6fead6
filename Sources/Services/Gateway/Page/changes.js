// The changes of a series, newest first; each leads to the bars around it.

import { tell } from "./current.js";
import { byId, element, repeatByKey, show, write } from "./dom.js";
import { barTime, cause, count, dateOf, percent, regimeClass, regimeName, triggerName } from "./regimes.js";
import { address } from "./route.js";

/** Rows that are shown at first, and those that come with each click. */
const SHOWN = 25, MORE = 200;
/** Bars on both sides of a change that its date leads to. */
const BARS_AROUND = 90;

export class ChangesTable {
  constructor(page) {
    this.page = page;
    this.base = null;
    this.items = [];
    this.shown = SHOWN;
    byId("more").onclick = () => this.more();
  }

  /** Another series begins anew. */
  reset() { this.shown = SHOWN; }

  more() {
    const first = this.shown;
    this.shown += MORE;
    this.draw();
    // Who went by keys goes on with what has come.
    byId("changes").children[first].querySelector("a").focus();
  }

  /** @param base the columns that dates are looked up in */
  show(items, base) {
    this.items = items;
    this.base = base;
    this.draw();
  }

  draw() {
    const newest = this.items.slice().reverse();
    const visible = newest.slice(0, this.shown), left = newest.length - visible.length;
    repeatByKey(byId("changes"), visible, ({ eventId }) => eventId, changeRow, (row, change) => this.update(row, change));
    write(byId("changes-title"), `Changes of regime (${count(newest.length)})`);
    show("more", left > 0);
    write(byId("more"), left > MORE ? `Show ${count(MORE)} more of ${count(newest.length)}` : `Show all ${count(newest.length)}`);
    show("changes-section", newest.length > 0);
  }

  update(row, change) {
    const [date, between, confidence, trigger, why] = row.children;
    const [summary, list] = why.firstChild.children;
    this.linkTo(date.firstChild, change);
    const [before, beforeName, after, afterName] = between.children;
    before.className = "swatch " + regimeClass(change.previousRegime);
    write(beforeName, regimeName(change.previousRegime));
    after.className = "swatch " + regimeClass(change.regime);
    write(afterName, regimeName(change.regime));
    write(confidence, percent(change.confidence));
    write(trigger, triggerName(change.trigger));
    write(summary, cause(change.reasoning));
    tell(list, change.reasoning);
  }

  /** The bars around a change, as an address. */
  linkTo(link, change) {
    write(link, barTime(change.asOf, change.timeframe));
    if (this.base.isEmpty) return;
    const at = this.base.indexFrom(Date.parse(change.asOf) / 1e3);
    const time = (index) => dateOf(this.base.times[Math.min(this.base.count - 1, Math.max(0, index))]);
    const target = { from: time(at - BARS_AROUND), to: time(at + BARS_AROUND) };
    link.href = address({ ...this.page.route, ...target });
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.page.go(target);
      byId("chart-section").scrollIntoView({ block: "start" });
      byId("chart-frame").focus({ preventScroll: true });
    };
  }
}

const changeRow = () => element("tr", {},
  element("td", { class: "date" }, element("a")),
  element("td", { class: "between" }, element("span"), element("span"), " → ", element("span"), element("span")),
  element("td", { class: "number" }), element("td", { class: "trigger" }),
  element("td", { class: "cause" }, element("details", {}, element("summary"), element("ul"))));
