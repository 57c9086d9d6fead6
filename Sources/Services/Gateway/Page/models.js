// The walk-forward models of a series, and what its labels were worth.

import { ask, askAll } from "./api.js";
import { byId, element, repeat, write } from "./dom.js";
import { count, day, decimal, percent, regimeOrder, signedPercent } from "./regimes.js";
import { fillTable, regimeText } from "./tables.js";

/** A bar more changes little, and a card costs the server seconds. */
const REFRESH_MILLISECONDS = 300e3;

export class ModelsView {
  constructor(page) {
    this.page = page;
    setInterval(() => {
      // Not while the reader goes elsewhere.
      if (document.hidden || document.documentElement.dataset.ready !== "models") return;
      this.open(page.route).catch((error) => page.fail(error, "models"));
    }, REFRESH_MILLISECONDS);
  }

  close() { this.turn = null; }

  async open(route) {
    const series = { market: route.market, timeframe: route.timeframe };
    const turn = this.turn = Symbol("turn");
    const [card, models] = await Promise.all([ask("scorecard", series), askAll("models", series)]);
    if (turn !== this.turn) return;
    this.page.recovered();
    document.title = `Models of ${card.market} · Bloasis`;
    write(byId("scorecard-title"), `Scorecard of ${card.market}, ${card.timeframe}`);
    const range = card.from ? `${day(card.from)} to ${day(card.through)}, ${count(card.bars)} bars. ` : "";
    write(byId("scorecard-about"), range + (card.rule || ""));
    this.showScorecard(card);
    this.showLabels(card);
    this.showModels(models, card);
    repeat(byId("scorecard-notes"), card.notes || [], () => element("li"), write);
  }

  /** A row for each figure: there are many, and few subjects. */
  showScorecard(card) {
    const subject = (name) => (card.rows || []).find((row) => row.subject === name) || {};
    const published = subject("published"), held = subject("buy_and_hold");
    fillTable(byId("scorecard"), [
      { title: "A year", name: true, value: ({ title }) => title },
      { title: "Published labels", isNumber: true, value: ({ of }) => of(published) },
      { title: "Buy and hold", isNumber: true, value: ({ of }) => of(held) },
      { title: "Difference", isNumber: true, value: ({ less }) => less ? less(published) : "" },
    ], figures(card.horizonBars || 5));
  }

  showLabels(card) {
    const rows = (card.labels || []).slice().sort((one, other) =>
      regimeOrder.indexOf(one.regime) - regimeOrder.indexOf(other.regime));
    fillTable(byId("labels"), [
      { title: "Label", name: true, value: (row) => regimeText(row.regime) },
      { title: "Bars", isNumber: true, value: (row) => count(row.bars) },
      { title: "Share", isNumber: true, value: (row) => percent(row.share) },
      { title: "Return a year", isNumber: true, value: (row) => signedPercent(row.annualisedReturn) },
      { title: "Volatility a year", isNumber: true, value: (row) => percent(row.annualisedVolatility) },
    ], rows);
  }

  showModels(models, card) {
    const scores = new Map((card.rows || []).filter(({ subject }) => subject === "model")
      .map((row) => [row.modelVersion, row]));
    const rows = models.map((model) => ({ ...scores.get(model.version), ...model })).reverse();
    if (rows.length) rows[0].rowClass = "current";
    fillTable(byId("models"), [
      { title: "Answers from", name: true, value: (row) => row.activeFrom ? day(row.activeFrom) : "never" },
      { title: "Through", value: (row) => day(row.activeThrough) || "–" },
      { title: "Kind", value: (row) => row.kind || "–" },
      { title: "Trained", value: (row) => `${day(row.trainedFrom)} to ${day(row.trainedThrough)}` },
      { title: "Fit", value: (row) => fitText(row.fit) },
      { title: "Log-likelihood", isNumber: true, value: (row) => decimal(row.fit?.logLikelihood, 1) },
      { title: "Bars", isNumber: true, value: (row) => row.bars === undefined ? "–" : count(row.bars) },
      { title: "Changes", isNumber: true, value: (row) => row.changes === undefined ? "–" : count(row.changes) },
      { title: "Return", isNumber: true, value: (row) => signedPercent(row.annualisedReturn) },
      { title: "Sharpe", isNumber: true, value: (row) => decimal(row.sharpe?.value) },
      { title: "Version", value: (row) => element("code", { title: row.version }, (row.version || "").slice(0, 12)) },
    ], rows);
  }
}

const figures = (horizon) => [
  { title: "Return", of: (row) => signedPercent(row.annualisedReturn),
    less: (row) => difference(row.returnDifference, signedPercent) },
  { title: "Volatility", of: (row) => percent(row.annualisedVolatility) },
  { title: "Sharpe ratio", of: (row) => estimate(row.sharpe, decimal),
    less: (row) => difference(row.sharpeDifference, decimal) },
  { title: "Sortino ratio", of: (row) => decimal(row.sortino) },
  { title: "Calmar ratio", of: (row) => decimal(row.calmar) },
  { title: "Deepest fall", of: (row) => percent(row.maximumDrawdown) },
  { title: "Share of time in the market", of: (row) => percent(row.exposure, 0) },
  { title: "Turnover", of: (row) => decimal(row.turnover, 1) },
  { title: "Changes of label", of: (row) => decimal(row.changesPerYear, 1) },
  { title: `Brier score, ${horizon} bars on`, of: (row) => decimal(row.brierScore, 3) },
  { title: "Brier skill", of: (row) => signedPercent(row.brierSkill) },
];

const fitText = (fit) => !fit ? "–"
  : `${fit.states} states, ${count(fit.observations)} bars, ${fit.converged ? "converged" : "not converged"}`;

/** A figure with its 95 % interval, and with what is to be said of that. */
function estimate(told, write, remark = "") {
  if (!told || told.value === undefined) return "–";
  if (told.lower === undefined) return write(told.value);
  const interval = `${write(told.lower)} to ${write(told.upper)}${remark}`;
  return element("span", {}, write(told.value), " ", element("span", { class: "interval" }, interval));
}

/** The same of a difference, which says so when it may be nothing. */
function difference(told, write) {
  const isNothing = told && told.lower <= 0 && told.upper >= 0;
  return estimate(told, write, isNothing ? ", not significant" : "");
}
