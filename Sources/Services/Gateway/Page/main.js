// The page: which view is shown, and what is told when something fails.

import { hasToken, Refusal, useToken } from "./api.js";
import { Bell } from "./bell.js";
import { byId, element, show, write } from "./dom.js";
import { InboxView } from "./inbox.js";
import { MarketView } from "./market.js";
import { ModelsView } from "./models.js";
import { OverviewView } from "./overview.js";
import { Picker } from "./picker.js";
import { address, keepRoute, pushRoute, readRoute, VIEWS } from "./route.js";
import { StatusView } from "./status.js";

const LIVE_WORDS = { live: "live", waiting: "not live: reconnecting …", "": "" };
const THEME_KEY = "bloasis-theme";

class Page {
  constructor() {
    this.route = readRoute();
    this.views = {
      market: new MarketView(this), overview: new OverviewView(this), models: new ModelsView(this),
      inbox: new InboxView(this), status: new StatusView(this),
    };
    this.bell = new Bell(this);
    this.picker = new Picker((series) => this.go({ ...series, from: "", to: "" }));
    for (const link of document.querySelectorAll("nav a")) {
      link.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go({ view: link.dataset.view });
      };
    }
    addEventListener("popstate", () => {
      this.route = readRoute();
      if (this.route.theme) this.wear(this.route.theme);
      this.open();
    });
    byId("retry").onclick = () => this.open(true);
    byId("access").onsubmit = (event) => this.takeToken(event);
    byId("forget").onclick = () => { useToken(""); location.reload(); };
    byId("theme").onchange = () => this.setTheme(byId("theme").value);
    byId("theme").value = document.documentElement.dataset.theme || "";
  }

  /** Shows something else, as a step that «back» takes back. */
  go(change) {
    Object.assign(this.route, change);
    pushRoute(this.route);
    this.open();
  }

  /** @param isAnew whether what is known already is asked for again */
  async open(isAnew = false) {
    const root = document.documentElement, { route } = this;
    const turn = this.turn = Symbol("turn");
    root.dataset.ready = "";
    show("problem", false);
    show("loading", true);
    show("forget", hasToken());
    const hasPicker = route.view === "market" || route.view === "models";
    show("choice", hasPicker);
    const hadFocus = document.activeElement !== document.body;
    for (const name of VIEWS) {
      if (name === route.view) continue;
      show("view-" + name, false);
      this.views[name].close();
    }
    this.markLinks();
    try {
      if (hasPicker) await this.picker.fill(route);
      if (turn !== this.turn) return;
      this.markLinks();
      const view = byId("view-" + route.view);
      // A drawing is as wide as its place: it needs one. What is of the same series stays in sight.
      const shown = [route.view, route.market, route.timeframe].join("/");
      if (view.hidden || shown !== this.shown) view.classList.add("preparing");
      this.shown = shown;
      view.hidden = false;
      await this.views[route.view].open(route, isAnew);
      if (turn !== this.turn) return;
      view.classList.remove("preparing");
      show("loading", false);
      await painted();
      if (turn !== this.turn) return;
      // What had the focus may be hidden now; who goes by keys goes on from the top of the view.
      if (hadFocus && document.activeElement === document.body) byId("main").focus({ preventScroll: true });
      this.say(document.title);
      root.dataset.ready = route.view;
    } catch (error) {
      if (turn !== this.turn) return;
      show("view-" + route.view, false);
      byId("view-" + route.view).classList.remove("preparing");
      this.fail(error);
      if (hadFocus) {
        await painted();
        if (turn !== this.turn) return;
        if (document.activeElement === document.body) byId("retry").focus({ preventScroll: true });
      }
      root.dataset.ready = "problem";
    }
  }

  /** Each view as an address, of the market that is looked at. */
  markLinks() {
    const { view, market, timeframe, theme } = this.route;
    for (const link of document.querySelectorAll("nav a")) {
      const name = link.dataset.view;
      link.href = address({ view: name, market, timeframe, theme });
      if (name === view) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
  }

  /** To who hears the page rather than sees it. */
  say(words) { write(byId("said"), words); }

  live(state) {
    byId("live").dataset.state = state;
    write(byId("live"), LIVE_WORDS[state]);
  }

  recovered() {
    if (byId("problem").contains(document.activeElement)) byId("main").focus({ preventScroll: true });
    show("problem", false);
  }

  wear(theme) {
    const root = document.documentElement;
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    byId("theme").value = theme;
  }

  setTheme(theme) {
    this.wear(theme);
    try {
      if (theme) localStorage.setItem(THEME_KEY, theme); else localStorage.removeItem(THEME_KEY);
    } catch { /* It holds until the page is left. */ }
    if (this.route.theme) { this.route.theme = theme; keepRoute(this.route); }
  }

  // MARK: faults

  /** @param view whose fault it is; that of a view that was left is no matter */
  fail(error, view = this.route.view) {
    if (view !== this.route.view) return;
    show("loading", false);
    const isRefusal = error instanceof Refusal, isOfCaller = isRefusal && error.isOfCaller;
    write(byId("problem-title"), problemTitle(error));
    write(byId("problem-text"), isRefusal ? error.message : "The service cannot be reached: " + error.message);
    byId("problem-advice").replaceChildren(...this.advice(error));
    show("access", isOfCaller);
    show("problem", true);
  }

  advice(error) {
    if (!(error instanceof Refusal)) return [];
    if (error.status === 404) {
      return ["Run ", element("code", {}, `bloasis backfill --csv FILE --market ${this.route.market || "SPX"}`),
        ", then try again."];
    }
    return !error.isOfCaller ? [] : ["Paste a token with the scope ", element("code", {}, "bloasis:user"),
      ". It is kept in this tab alone, until it is closed."];
  }

  takeToken(event) {
    event.preventDefault();
    const text = byId("token").value;
    byId("token").value = "";
    if (!useToken(text)) { write(byId("problem-text"), "What was pasted is not a token."); return; }
    this.bell.begin();
    this.open();
  }
}

function problemTitle(error) {
  if (!(error instanceof Refusal)) return "The answer could not be had";
  if (error.status === 401) return hasToken() ? "The token was not accepted" : "This server asks for a token";
  if (error.status === 403) return "The token does not allow this";
  return error.status === 404 ? "No data yet" : "The answer could not be had";
}

const painted = () => new Promise((resume) => { requestAnimationFrame(() => requestAnimationFrame(resume)); });

const page = new Page();
page.open();
