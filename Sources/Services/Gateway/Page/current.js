// What a series is now, and why.

import { byId, element, repeat, show, write } from "./dom.js";
import {
  age, barTime, count, isCounterfactual, minute, percent, reasons, regimeClass, regimeName, triggerName,
} from "./regimes.js";

/**
 * @param now the API's current answer
 * @param base the series' columns
 * @param changes its changes, oldest first
 */
export function showCurrent(now, base, changes) {
  write(byId("now-title"), `${now.market} · ${now.timeframe}`);
  write(byId("regime"), regimeName(now.regime));
  byId("regime").className = "regime " + regimeClass(now.regime);
  const bars = base.count && base.barsPerPoint === 1
    ? base.count - base.indexFrom(Date.parse(now.since) / 1e3) : 0;
  write(byId("since"), now.since ? "since " + barTime(now.since, now.timeframe)
    + (bars > 0 ? `, ${count(bars)} bar${bars === 1 ? "" : "s"}` : "") : "no answer yet");
  byId("confidence").value = now.confidence || 0;
  const isKnown = now.confidenceKind && now.confidenceKind !== "none";
  write(byId("confidence-text"), isKnown ? percent(now.confidence) : "none");
  write(byId("confidence-kind"), now.confidenceKind === "calibrated" ? "that it still stands five bars on"
    : isKnown ? "the probability of this label" : "no model has answered");
  show("overridden", now.trigger === "override");
  showFacts(now);
  showReasons(now, changes);
}

function showFacts(now) {
  const facts = [
    ["Before it", regimeName(now.previousRegime)],
    ["Risk", now.riskLevel || "–"],
    ["Before hysteresis", regimeName(now.rawRegime)],
    ["Told by", triggerName(now.trigger)],
    ["Announced changes", count(now.sequence)],
    ["Model", (now.modelVersion || "–").slice(0, 12)],
  ];
  repeat(byId("facts"), facts, () => element("div", {}, element("dt"), element("dd")), (pair, [name, value]) => {
    write(pair.firstChild, name);
    write(pair.lastChild, value);
  });
}

function showReasons(now, changes) {
  const taken = changes.findLast((change) => change.asOf === now.since);
  show("why", Boolean(now.reasoning));
  tell(byId("reasoning"), now.reasoning);
  const isOther = taken && taken.reasoning && taken.reasoning !== now.reasoning;
  show("taken", Boolean(isOther));
  write(byId("taken-title"), isOther ? `When it changed, ${barTime(taken.asOf, now.timeframe)}` : "");
  tell(byId("taken-reasoning"), isOther ? taken.reasoning : "");
}

/** How old the answer is, as of this moment. */
export function showFreshness(now) {
  if (!now || !now.asOf) return;
  const isStale = now.stale === true;
  byId("freshness").className = "badge " + (isStale ? "stale" : "fresh");
  const seconds = (Date.now() - Date.parse(now.asOf)) / 1e3;
  write(byId("freshness"), isStale
    ? "Stale: sessions from " + barTime(now.staleSince, now.timeframe) + " on are missing"
    : "Fresh: no session is missing");
  write(byId("as-of"), `as of ${minute(now.asOf)}, ${age(seconds)} ago`);
}

/** One line for each part of a reasoning; what would have kept the label before is set apart. */
export function tell(list, reasoning) {
  repeat(list, reasons(reasoning), () => element("li"), (item, part) => {
    item.className = isCounterfactual(part) ? "counterfactual" : "";
    write(item, part);
  });
}
