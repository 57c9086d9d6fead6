// Which market and which timeframe.

import { ask } from "./api.js";
import { byId, element, onceQuiet } from "./dom.js";

/** Markets that are offered at once; of more, those whose name contains what is typed. */
const OFFERED = 200;
const TYPING_MILLISECONDS = 150;

export class Picker {
  /** @param chosen is told of a series */
  constructor(chosen) {
    this.chosen = chosen;
    this.items = [];
    this.market = byId("market");
    this.timeframe = byId("timeframe");
    byId("choice").onsubmit = (event) => { event.preventDefault(); this.choose(); };
    this.timeframe.onchange = () => this.choose();
    const search = onceQuiet(TYPING_MILLISECONDS, () => this.offer(this.market.value).catch(() => []));
    this.market.oninput = search;
    this.market.onchange = () => { if (this.frames(this.market.value.trim()).length) this.choose(); };
  }

  choose() {
    const market = this.market.value.trim();
    const frames = this.frames(market);
    const timeframe = frames.includes(this.timeframe.value) ? this.timeframe.value : frames[0] || this.timeframe.value;
    this.chosen({ market, timeframe });
  }

  /** Timeframes that are known of a market, the longest first. */
  frames(market) {
    return this.items.filter((item) => item.market === market).map(({ timeframe }) => timeframe)
      .sort((one, other) => length(other) - length(one));
  }

  async offer(search = "") {
    const told = await ask("series", { search, page_size: OFFERED });
    const known = new Map(this.items.map((item) => [item.market + "/" + item.timeframe, item]));
    for (const { market, timeframe } of told.items || []) known.set(market + "/" + timeframe, { market, timeframe });
    this.items = [...known.values()];
    const names = [...new Set((told.items || []).map(({ market }) => market))];
    byId("markets").replaceChildren(...names.map((name) => element("option", { value: name })));
    return told.items || [];
  }

  /** Shows which series was answered about, where the default was asked for. */
  tell({ market, timeframe }) {
    if (this.market.value || document.activeElement === this.market) return;
    this.market.value = market;
    this.showFrames(market, timeframe);
  }

  /** Shows a route's series; without a market in it, none: the server has a default. */
  async fill(route) {
    if (!this.items.length) await this.offer();
    if (route.market && !this.frames(route.market).length) await this.offer(route.market);
    const frames = this.frames(route.market);
    const shown = route.timeframe || (frames.includes("1d") || !frames.length ? "1d" : frames[0]);
    if (!route.timeframe && shown !== "1d") route.timeframe = shown;
    this.market.value = route.market;
    this.market.placeholder = "default";
    this.showFrames(route.market, shown);
  }

  showFrames(market, shown) {
    const all = [...new Set([shown, ...this.frames(market)])].sort((one, other) => length(other) - length(one));
    this.timeframe.replaceChildren(...all.map((name) => element("option", { value: name }, name)));
    this.timeframe.value = shown;
  }
}

const UNITS = { m: 1, h: 60, d: 1_440, w: 10_080 };

/** Minutes of a timeframe. */
function length(timeframe) {
  const found = /^(\d+)([mhdw])$/.exec(timeframe);
  return found ? found[1] * UNITS[found[2]] : 0;
}
