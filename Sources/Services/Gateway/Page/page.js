"use strict";
const REGIMES = {
  crisis: "Crisis", normal_bear: "Bear", normal_bull: "Bull", euphoria: "Euphoria",
  high_volatility: "High volatility", low_volatility: "Low volatility", unknown: "Unknown",
};
const PAGE_SIZE = 5000, PAGES_LIMIT = 400, CHANGES_SHOWN = 25;
const PERIODS = [["All", Infinity], ["10 years", 10], ["5 years", 5], ["1 year", 1]];
const YEAR = 365.25 * 86400e3;
const market = new URLSearchParams(location.search).get("market") || "";
const POLL_MILLISECONDS = 60e3;
const STREAM_DELAY_MILLISECONDS = 20_000;
const RECONNECT_MILLISECONDS = 2e3, RECONNECT_LIMIT_MILLISECONDS = 60e3;
const LINE_LIMIT = 1 << 20;
const state = { points: [], changes: [], years: Infinity, allChanges: false, hover: null, sequence: "0", asOf: "",
  following: false };
const $ = (id) => document.getElementById(id);
const label = (regime) => REGIMES[regime] || regime;
const colour = (regime) =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + (regime in REGIMES ? regime : "unknown")).trim();
const percent = (p) => (100 * p).toFixed(1) + " %";
const day = (time) => time.slice(0, 10);
const minute = (time) => time.slice(0, 16).replace("T", " ") + " UTC";
const show = (id, visible) => { $(id).hidden = !visible; };

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

// MARK: asking the API

class Refusal extends Error {
  constructor(status, message) { super(message); this.status = status; }
  get isOfCaller() { return this.status === 401 || this.status === 403; }
}

// A token stays in this tab and ends with it; where nothing may be stored, it ends with the page.
const TOKEN_KEY = "bloasis-token";
const TOKEN_FORM = /^[A-Za-z0-9\-._~+/]+=*$/;
let token = "";
try { token = sessionStorage.getItem(TOKEN_KEY) || ""; } catch { /* It is asked for again. */ }

function keep(text) {
  token = text;
  try {
    if (text) sessionStorage.setItem(TOKEN_KEY, text); else sessionStorage.removeItem(TOKEN_KEY);
  } catch { /* It is asked for again. */ }
  show("forget", text !== "");
}

async function answer(path, parameters) {
  const query = new URLSearchParams(market ? { market, ...parameters } : parameters);
  const headers = token ? { authorization: "Bearer " + token } : {};
  const response = await fetch("/v1/market-regime/" + path + "?" + query, { headers });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refusal(response.status, body.message || "HTTP " + response.status);
}

const ask = async (path, parameters) => (await answer(path, parameters)).json();

async function askAll(path, parameters) {
  const items = [];
  let token = "";
  for (let page = 0; page < PAGES_LIMIT; page++) {
    const answer = await ask(path, { ...parameters, page_size: PAGE_SIZE, page_token: token });
    items.push(...(answer.items || []));
    token = answer.nextPageToken || "";
    if (!token) return items;
  }
  throw new Error("the answer has more than " + PAGES_LIMIT + " pages");
}

const historySince = (start) =>
  askAll("history", { "time_range.start_date": start, "time_range.end_date": "2262-01-01" });
const point = (item) => ({ time: Date.parse(item.asOf), asOf: item.asOf, close: item.close, regime: item.regime,
  confidence: item.confidence });

// MARK: the current regime

function showCurrent(now) {
  document.title = label(now.regime) + " · " + now.market + " · Bloasis";
  $("now-title").textContent = "Current regime of " + now.market + ", " + now.timeframe;
  $("regime").textContent = label(now.regime);
  $("regime").style.borderColor = colour(now.regime);
  show("stale", now.stale === true);
  $("stale-text").textContent = "as of " + day(now.asOf) + ", stale"
    + (now.staleSince ? ": sessions from " + day(now.staleSince) + " on are missing" : "");
  const facts = [
    ["Confidence", now.confidenceKind === "none" ? "none: no model has answered"
      : percent(now.confidence) + (now.confidenceKind === "calibrated" ? ", calibrated: that it lasts" : "")],
    ["Since", day(now.since)], ["As of", minute(now.asOf)], ["Regime before", label(now.previousRegime)],
    ["Risk", now.riskLevel], ["Before hysteresis", label(now.rawRegime)], ["Model", (now.modelVersion || "").slice(0, 12)],
  ];
  $("facts").replaceChildren(...facts.map(([name, value]) => {
    const pair = element("div");
    pair.append(element("dt", name), element("dd", value));
    return pair;
  }));
  $("reasoning").textContent = now.reasoning || "";
  show("now", true);
}

// MARK: the chart

function shown() {
  const last = state.points.at(-1);
  if (!last || state.years === Infinity) return state.points;
  const start = last.time - state.years * YEAR;
  return state.points.filter((p) => p.time >= start);
}

function runs(points) {
  const found = [];
  points.forEach((p, index) => {
    const last = found.at(-1);
    if (last && last.regime === p.regime) last.end = index;
    else found.push({ regime: p.regime, start: index, end: index });
  });
  return found;
}

function niceStep(span, count) {
  const raw = span / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= raw);
}

function frame(canvas, points) {
  const width = canvas.clientWidth, height = canvas.clientHeight;
  const priced = points.filter((p) => p.close !== undefined).map((p) => p.close);
  let low = Infinity, high = -Infinity;
  for (const close of priced) { low = Math.min(low, close); high = Math.max(high, close); }
  if (!priced.length) { low = 0; high = 1; }
  if (low === high) { low -= 1; high += 1; }
  const pad = 0.05 * (high - low), box = { left: 56, right: width - 8, top: 8, bottom: height - 40 };
  low -= pad; high += pad;
  const span = Math.max(1, points.length - 1);
  return {
    width, height, box, low, high, hasPrices: priced.length > 0,
    x: (index) => box.left + (box.right - box.left) * index / span,
    y: (price) => box.bottom - (box.bottom - box.top) * (price - low) / (high - low),
    index: (x) => Math.round((x - box.left) / (box.right - box.left) * span),
  };
}

function draw() {
  const canvas = $("chart"), points = shown();
  if (!points.length || !canvas.clientWidth) return;
  const ratio = devicePixelRatio || 1, f = frame(canvas, points);
  canvas.width = Math.round(f.width * ratio);
  canvas.height = Math.round(f.height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, sans-serif";
  drawBands(pen, f, points);
  drawAxes(pen, f, points);
  drawLine(pen, f, points);
  drawCursor(pen, f, points);
  const first = points[0], last = points.at(-1);
  canvas.setAttribute("aria-label", "Closing price from " + day(first.asOf) + " to " + day(last.asOf) + " over bands of "
    + "regimes; the last one is " + label(last.regime) + ". The table below lists every change.");
}

function drawBands(pen, f, points) {
  for (const run of runs(points)) {
    const from = f.x(Math.max(0, run.start - 0.5)), to = f.x(Math.min(points.length - 1, run.end + 0.5));
    const width = Math.max(1, to - from);
    pen.fillStyle = colour(run.regime);
    pen.globalAlpha = 0.22;
    pen.fillRect(from, f.box.top, width, f.box.bottom - f.box.top);
    pen.globalAlpha = 1;
    pen.fillRect(from, f.box.bottom, width, 10);
  }
}

function drawAxes(pen, f, points) {
  const style = getComputedStyle(document.documentElement);
  pen.fillStyle = style.getPropertyValue("--quiet");
  pen.strokeStyle = style.getPropertyValue("--rule");
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const step = niceStep(f.high - f.low, f.height / 70);
  for (let price = Math.ceil(f.low / step) * step; f.hasPrices && price <= f.high; price += step) {
    pen.beginPath();
    pen.moveTo(f.box.left, f.y(price));
    pen.lineTo(f.box.right, f.y(price));
    pen.stroke();
    pen.fillText(price.toLocaleString("en", { maximumSignificantDigits: 6 }), f.box.left - 6, f.y(price));
  }
  pen.textBaseline = "top";
  const count = Math.max(2, Math.floor((f.box.right - f.box.left) / 110));
  for (let k = 0; k < count; k++) {
    const index = Math.round(k * (points.length - 1) / (count - 1));
    pen.textAlign = k === 0 ? "left" : k === count - 1 ? "right" : "center";
    pen.fillText(day(points[index].asOf), f.x(index), f.box.bottom + 18);
  }
}

function drawLine(pen, f, points) {
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--line");
  pen.lineWidth = 1.4;
  pen.lineJoin = "round";
  pen.beginPath();
  let down = false;
  points.forEach((p, index) => {
    if (p.close === undefined) { down = false; return; }
    if (down) pen.lineTo(f.x(index), f.y(p.close)); else pen.moveTo(f.x(index), f.y(p.close));
    down = true;
  });
  pen.stroke();
}

function drawCursor(pen, f, points) {
  if (state.hover === null) { $("reading").textContent = "Point at the chart, or use the arrow keys, to read a bar."; return; }
  const index = Math.min(points.length - 1, Math.max(0, state.hover)), p = points[index];
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--quiet");
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(f.x(index), f.box.top);
  pen.lineTo(f.x(index), f.box.bottom + 10);
  pen.stroke();
  $("reading").textContent = day(p.asOf) + ": " + (p.close === undefined ? "no price" : "close "
    + p.close.toLocaleString("en", { maximumFractionDigits: 4 })) + ", " + label(p.regime)
    + (p.regime === "unknown" ? "" : " with " + percent(p.confidence));
}

function showLegend() {
  const points = shown(), counts = {};
  for (const p of points) counts[p.regime] = (counts[p.regime] || 0) + 1;
  $("legend").replaceChildren(...Object.keys(REGIMES).filter((regime) => counts[regime]).map((regime) => {
    const item = element("li"), swatch = element("span", "", "swatch");
    swatch.style.background = colour(regime);
    item.append(swatch, label(regime) + " " + percent(counts[regime] / points.length));
    return item;
  }));
}

function showChart() {
  show("chart-section", state.points.length > 0);
  showLegend();
  draw();
}

function setUpChart() {
  $("periods").replaceChildren(...PERIODS.map(([name, years]) => {
    const button = element("button", name);
    button.type = "button";
    button.setAttribute("aria-pressed", String(years === state.years));
    button.onclick = () => {
      state.years = years;
      state.hover = null;
      for (const other of $("periods").children) other.setAttribute("aria-pressed", String(other === button));
      showChart();
    };
    return button;
  }));
  const canvas = $("chart");
  canvas.onpointermove = (event) => {
    state.hover = frame(canvas, shown()).index(event.offsetX);
    draw();
  };
  canvas.onpointerleave = () => { state.hover = null; draw(); };
  canvas.onkeydown = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -21, PageDown: 21 }[event.key];
    if (!move) return;
    event.preventDefault();
    const last = shown().length - 1;
    state.hover = Math.min(last, Math.max(0, (state.hover ?? last + 1) + move));
    draw();
  };
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { showChart(); });
}

// MARK: the changes

function regimeText(regime) {
  const text = element("span"), swatch = element("span", "", "swatch");
  swatch.style.background = colour(regime);
  text.append(swatch, label(regime));
  return text;
}

function changeRow(change) {
  const row = element("tr"), between = element("td");
  between.append(regimeText(change.previousRegime), " → ", regimeText(change.regime));
  row.append(element("td", day(change.asOf), "date"), between, element("td", percent(change.confidence)),
    element("td", change.trigger), element("td", change.reasoning || "", "why"));
  return row;
}

function showChanges() {
  const newest = state.changes.slice().reverse();
  const visible = state.allChanges ? newest : newest.slice(0, CHANGES_SHOWN);
  $("changes").replaceChildren(...visible.map(changeRow));
  $("changes-title").textContent = "Changes of regime (" + newest.length + ")";
  show("more", newest.length > visible.length);
  $("more").textContent = "Show all " + newest.length;
  show("changes-section", true);
}

// MARK: live

// Not by EventSource, which cannot show a token.
async function follow() {
  if (state.following) return;
  state.following = true;
  let pause = RECONNECT_MILLISECONDS;
  for (;;) {
    try {
      await readEvents(() => { pause = RECONNECT_MILLISECONDS; });
    } catch (error) {
      if (error instanceof Refusal && error.isOfCaller) {
        state.following = false;
        $("live").textContent = "";
        fail(error);
        return;
      }
    }
    $("live").textContent = "not live: reconnecting …";
    await new Promise((resume) => { setTimeout(resume, pause); });
    pause = Math.min(2 * pause, RECONNECT_LIMIT_MILLISECONDS);
  }
}

// Of an event its name is enough: what it says is asked for.
async function readEvents(opened) {
  const response = await answer("stream", { after: state.sequence });
  opened();
  $("live").textContent = "live";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    if (rest.length > LINE_LIMIT) { await reader.cancel(); return; }
    if (lines.includes("event: regime-change")) refresh().catch(fail);
  }
}

// A bar that changes no regime is no event; the price line still wants it.
async function poll() {
  if (document.hidden || !state.asOf) return;
  const now = await ask("current", {}).catch(() => null);
  if (now && now.asOf !== state.asOf) await refresh().catch(fail);
}

async function refresh() {
  const last = state.points.at(-1);
  const [now, changes, news] = await Promise.all([
    ask("current", {}), askAll("changes", {}), last ? historySince(last.asOf) : historySince("1700-01-01"),
  ]);
  const known = last ? state.points.filter((p) => p.time < last.time) : [];
  state.points = known.concat(news.map(point));
  state.changes = changes;
  state.sequence = now.sequence;
  state.asOf = now.asOf;
  show("problem", false);
  showCurrent(now);
  showChart();
  showChanges();
}

// MARK: start

function title(error) {
  if (!(error instanceof Refusal)) return "The answer could not be had";
  if (error.status === 401) return token ? "The token was not accepted" : "This server asks for a token";
  if (error.status === 403) return "The token does not allow this";
  return error.status === 404 ? "No data yet" : "The answer could not be had";
}

function fail(error) {
  show("loading", false);
  const refused = error instanceof Refusal, isOfCaller = refused && error.isOfCaller;
  $("problem-title").textContent = title(error);
  $("problem-text").textContent = refused ? error.message : "The service cannot be reached: " + error.message;
  $("problem-advice").replaceChildren();
  if (refused && error.status === 404) {
    $("problem-advice").append("Run ", element("code", "bloasis backfill --csv FILE --market " + (market || "SPX")),
      " and load this page again.");
  } else if (isOfCaller) {
    $("problem-advice").append("Paste a token with the scope ", element("code", "bloasis:user"),
      ". It is kept in this tab alone, until it is closed.");
  }
  show("access", isOfCaller);
  show("problem", true);
}

function useToken(event) {
  event.preventDefault();
  const text = $("token").value.trim().replace(/^Bearer\s+/i, "");
  $("token").value = "";
  if (!TOKEN_FORM.test(text)) { $("problem-text").textContent = "What was pasted is not a token."; return; }
  keep(text);
  start().catch(fail);
}

async function start() {
  show("problem", false);
  show("loading", true);
  await refresh();
  show("loading", false);
  // What prints or photographs a page waits until its connections fall silent, which a stream never
  // does. What is announced before it opens comes first, by sequence.
  setTimeout(follow, STREAM_DELAY_MILLISECONDS);
}

$("market").value = market;
$("retry").onclick = () => start().catch(fail);
$("access").onsubmit = useToken;
$("forget").onclick = () => { keep(""); location.reload(); };
keep(token);
setInterval(poll, POLL_MILLISECONDS);
$("more").onclick = () => { state.allChanges = true; showChanges(); };
setUpChart();
start().catch(fail);
