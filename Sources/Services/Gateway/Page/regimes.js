// What regimes are called, and how numbers and times are written.

/** Names by label; the order is that of all lists and of the stacked areas, worst first. */
const REGIMES = {
  crisis: "Crisis", normal_bear: "Bear", high_volatility: "High volatility", normal_bull: "Bull",
  low_volatility: "Low volatility", euphoria: "Euphoria", unknown: "Unknown",
};

export const regimeOrder = Object.keys(REGIMES);
export const regimeName = (regime) => REGIMES[regime] || regime || "Unknown";

/** The class that colours a mark; what is not known is grey. */
export const regimeClass = (regime) => "regime-" + (regime in REGIMES ? regime : "unknown");

/** How the label came about, in words. */
export const triggerName = (trigger) => ({
  bar: "a bar", baseline: "a poll", backfill: "backfill", refit: "a refit", override: "an override",
  fallback_db: "the store, as a fallback", fallback_default: "nothing: a default",
})[trigger] || trigger || "";

/** Does not leave its number at the end of a line. */
const UNIT = "\u00a0%";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export const percent = (share, digits = 1) =>
  isNumber(share) ? (100 * share).toFixed(digits) + UNIT : "–";

export const signedPercent = (share) =>
  isNumber(share) ? (share < 0 ? "−" : "+") + (100 * Math.abs(share)).toFixed(1) + UNIT : "–";

export const decimal = (value, digits = 2) =>
  isNumber(value) ? value.toFixed(digits).replace("-", "−") : "–";

export const count = (value) => Number(value || 0).toLocaleString("en");

export const price = (value) =>
  isNumber(value) ? value.toLocaleString("en", { maximumSignificantDigits: 7 }) : "–";

/** The day of a bar that closes then: one that closes at midnight is of the day before. */
export const day = (time) => time ? new Date(Date.parse(time) - 1).toISOString().slice(0, 10) : "";
export const minute = (time) => (time || "").slice(0, 16).replace("T", " ") + " UTC";

/** RFC 3339 of seconds since 1970. */
export const instant = (seconds) => new Date(1e3 * seconds).toISOString().replace(".000Z", "Z");
/** The date of seconds since 1970. */
export const dateOf = (seconds) => instant(seconds).slice(0, 10);

const DAY_SECONDS = 86_400;

export const isIntraday = (timeframe) => !/^\d+[dw]$/.test(timeframe || "1d");

/** A bar's close as short as its timeframe allows. */
export const barTime = (time, timeframe) => isIntraday(timeframe) ? minute(time) : day(time);

/** How long ago something was, in the largest unit that fits: "3 days". */
export function age(seconds) {
  const units = [["year", 365.25 * DAY_SECONDS], ["month", 30.44 * DAY_SECONDS], ["day", DAY_SECONDS],
    ["hour", 3_600], ["minute", 60]];
  for (const [name, length] of units) {
    const whole = Math.floor(seconds / length);
    if (whole >= 1) return whole + " " + name + (whole === 1 ? "" : "s");
  }
  return "less than a minute";
}

const LABELS = new RegExp("\\b(" + regimeOrder.filter((regime) => regime !== "unknown").join("|") + ")\\b", "g");

/** A reasoning's parts, with regimes by their names and no number without its unit on a line. */
export const reasons = (reasoning) => (reasoning || "").replace(LABELS, (regime) => REGIMES[regime])
  .replace(/ %/g, "\u00a0%").split("; ").filter(Boolean);

/** Whether a part of a reasoning says what would have kept the label before. */
export const isCounterfactual = (part) => part.startsWith("still ") && part.includes(" in place of ");

/** What a reasoning gives as the cause of a change, in few words. */
export function cause(reasoning) {
  const parts = reasons(reasoning);
  const found = parts.find((part) => /^(moved in|by |in spite of)/.test(part)) || parts[1] || parts[0] || "";
  return found.replace(/^moved in \d+ bars? by /, "").replace(/ \([^)]*\)/g, "");
}
