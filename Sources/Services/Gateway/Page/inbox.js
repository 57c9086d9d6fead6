// What somebody was told, newest first.

import { ask, send, user } from "./api.js";
import { byId, element, repeatByKey, show, write } from "./dom.js";
import { PreferencesForm } from "./preferences.js";
import { count, minute } from "./regimes.js";
import { address } from "./route.js";
import { WebhooksTable } from "./webhooks.js";

const INBOX = "/v1/notifications";
const PAGE_SIZE = 20;
// Of one answer.
const PAGE_LIMIT = 1000;

export class InboxView {
  constructor(page) {
    this.page = page;
    this.items = [];
    this.shown = PAGE_SIZE;
    this.preferences = new PreferencesForm();
    this.webhooks = new WebhooksTable();
    byId("inbox-unread").onchange = () => this.begin();
    byId("inbox-all").onclick = () => this.try(() => this.readAll());
    byId("inbox-more").onclick = () => this.try(() => this.more());
  }

  close() { this.webhooks.forget(); }

  async open() {
    document.title = "Inbox · Bloasis";
    this.shown = PAGE_SIZE;
    await Promise.all([this.load(), this.preferences.load(), this.webhooks.load()]);
  }

  try(work) { work().catch((error) => this.page.fail(error, "inbox")); }

  begin() {
    this.shown = PAGE_SIZE;
    this.renew();
  }

  renew() { if (this.page.route.view === "inbox") this.try(() => this.load()); }

  ask(size, token) {
    return ask(INBOX, {
      user_id: user(), page_size: size, page_token: token,
      unacknowledged_only: byId("inbox-unread").checked ? "true" : "",
    });
  }

  async load() {
    const turn = this.turn = Symbol("turn");
    // What somebody went back to stays there when something comes or is read.
    const told = await this.ask(Math.min(this.shown, PAGE_LIMIT), "");
    if (turn === this.turn) this.take(told, told.items || []);
  }

  async more() {
    this.shown += PAGE_SIZE;
    // Asked for with the newest, no wish for more is lost to what comes meanwhile.
    if (this.shown <= PAGE_LIMIT) return this.load();
    const turn = this.turn = Symbol("turn"), { items } = this;
    const told = await this.ask(PAGE_SIZE, this.next);
    if (turn !== this.turn) return;
    this.take(told, items.concat(told.items || []));
  }

  take({ tally, nextPageToken }, items) {
    this.items = items;
    this.next = nextPageToken || "";
    const place = this.placeOfFocus(), { told, acknowledged, expired, unread } = tally || {};
    write(byId("inbox-about"), Number(told || 0) === 0
      ? "Nothing was told yet. What is told from now on stands here."
      : `${count(unread)} unread of ${count(told)} told; ${count(acknowledged)} read, ${count(expired)} expired unread`);
    byId("inbox-all").disabled = Number(unread || 0) === 0;
    show("inbox-more", this.next !== "");
    repeatByKey(byId("inbox-list"), items, ({ notificationId }) => notificationId, row,
      (node, item) => this.update(node, item));
    if (place !== null) this.focus(place);
  }

  /** The row that goes on where the focus is, should that be lost; `null` where it is elsewhere. */
  placeOfFocus() {
    const { activeElement } = document, rows = byId("inbox-list").children;
    if (activeElement === byId("inbox-all")) return 0;
    if (activeElement === byId("inbox-more")) return rows.length;
    const place = [...rows].indexOf(activeElement.closest("#inbox-list > li"));
    return place < 0 ? null : place;
  }

  /** What had the focus may be gone; then the row in that place has it, or what decides of rows. */
  focus(place) {
    const { activeElement } = document, rows = byId("inbox-list").children;
    if (activeElement !== document.body && activeElement.checkVisibility() && !activeElement.disabled) return;
    const row = rows[Math.min(place, rows.length - 1)];
    (row?.querySelector("button:not([hidden])") || row?.querySelector("h3") || byId("inbox-unread")).focus();
  }

  update(node, item) {
    const [title, when, button, body] = [
      node.querySelector("h3"), node.querySelector("time"), node.querySelector("button"), node.querySelector("p.said"),
    ];
    node.className = item.acknowledged ? "read" : "";
    this.name(title, item);
    write(when, minute(item.toldAt));
    when.setAttribute("datetime", item.toldAt);
    write(body, item.body);
    show(button, !item.acknowledged);
    button.setAttribute("aria-label", "Mark as read: " + item.title);
    button.onclick = () => this.try(() => this.read(item));
  }

  /** A change leads to its market, at this page: the link that others are sent may lead elsewhere. */
  name(title, { title: text, event }) {
    const { market, timeframe } = seriesOf(event);
    if (!market) return write(title, text);
    const link = title.querySelector("a") || title.appendChild(element("a"));
    write(link, text);
    link.href = address({ market, timeframe });
  }

  async read({ notificationId }) {
    await send("POST", `${INBOX}/${notificationId}/acknowledge`, { userId: user() });
    await this.load();
    this.page.bell.look();
  }

  async readAll() {
    const [newest] = this.items;
    if (!newest) return;
    await send("POST", INBOX + "/acknowledge", { userId: user(), through: newest.notificationId });
    await this.load();
    this.page.bell.look();
  }
}

const row = () => element("li", {},
  element("h3", { tabindex: "-1" }), element("button", { type: "button" }, "Read"),
  element("p", { class: "said" }), element("p", { class: "quiet" }, element("time")));

/** The series that an event is about; none of a fill's. */
function seriesOf(event) {
  try {
    const { market, timeframe } = JSON.parse(event || "{}");
    return { market, timeframe };
  } catch {
    return {};
  }
}
