// Where somebody is told besides their inbox.

import { ask, send, user } from "./api.js";
import { byId, element, show, write } from "./dom.js";
import { fillTable } from "./tables.js";

const PATH = "/v1/notifications/webhooks";

export class WebhooksTable {
  constructor() {
    const form = byId("webhook"), adding = form.querySelector("button");
    form.onsubmit = (event) => { event.preventDefault(); this.try(adding, () => this.add()); };
    byId("webhook-url").oninput = () => {
      if (byId("webhook-url").value.startsWith("mailto:")) byId("webhook-format").value = "mail";
    };
  }

  say(words) { write(byId("webhooks-said"), words); }

  /** What fails is said beside what was pressed, which does nothing more until then; its focus stays. */
  async try(button, work) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    this.say("…");
    try {
      await work();
    } catch (error) {
      this.say(error.message);
    } finally {
      button.ariaDisabled = null;
    }
  }

  async load() {
    const { items } = await ask(PATH, { user_id: user() });
    const rows = items || [], pressed = this.pressed();
    show(byId("webhooks").parentElement, rows.length > 0);
    fillTable(byId("webhooks"), [
      { title: "Address", name: true, value: ({ url }) => url },
      { title: "Format", value: ({ format }) => formatName(format) },
      { title: "State", value: stateText },
      { title: element("span", { class: "heard" }, "What to do"),
        value: ({ webhookId }) => element("span", { class: "buttons", "data-webhook": webhookId }) },
    ], rows);
    for (const webhook of rows) this.showButtons(webhook);
    if (pressed) this.focus(pressed);
  }

  /** The button that has the focus: of which row, and which of its buttons. */
  pressed() {
    const button = document.activeElement, place = button.closest("#webhooks [data-webhook]");
    return place && { place: this.places().indexOf(place), webhook: place.dataset.webhook, does: button.dataset.does };
  }

  /** The same button of the same webhook, or of the one that is in its place now. */
  focus({ place, webhook, does }) {
    const places = this.places();
    const now = places.find((one) => one.dataset.webhook === webhook) || places[Math.min(place, places.length - 1)];
    const button = now?.querySelector(`[data-does="${does}"]`) || now?.querySelector("button");
    (button || byId("webhook").querySelector("button")).focus();
  }

  places() { return [...byId("webhooks").querySelectorAll("[data-webhook]")]; }

  /** Listeners are no part of what a table compares. */
  showButtons(webhook) {
    const place = this.places().find((one) => one.dataset.webhook === webhook.webhookId);
    const path = `${PATH}/${encodeURIComponent(webhook.webhookId)}`, userId = user();
    const button = (does, words, work) => element("button", { type: "button", "data-does": does,
      onclick: ({ currentTarget }) => this.try(currentTarget, work), "aria-label": `${words}: ${webhook.url}` }, words);
    place.replaceChildren(
      button("test", "Test", async () => {
        const { delivered, detail } = await send("POST", path + "/test", { userId });
        this.say((delivered ? "Arrived: " : "Did not arrive: ") + detail);
      }),
      button("switch", webhook.enabled ? "Disable" : "Enable", async () => {
        await send("PUT", path, { userId, enabled: !webhook.enabled });
        await this.changed(webhook.enabled ? "Disabled." : "Enabled.");
      }),
      ...(webhook.format !== "standard" ? [] : [button("secret", "New secret", async () => {
        const { secret } = await send("POST", path + "/secret", { userId });
        this.tell(webhook.url, secret);
        this.say("Renewed.");
      })]),
      button("delete", "Delete", async () => {
        await send("DELETE", `${path}?user_id=${encodeURIComponent(userId)}`);
        await this.changed("Deleted.");
      }));
  }

  async add() {
    const { url, secret } = await send("POST", PATH, {
      userId: user(), url: byId("webhook-url").value.trim(), format: byId("webhook-format").value,
    });
    byId("webhook-url").value = "";
    if (secret) this.tell(url, secret);
    await this.changed("Added.");
  }

  /** Something was done, whether what came of it can be shown or not. */
  async changed(words) {
    try {
      await this.load();
      this.say(words);
    } catch (error) {
      this.say(`${words} What there is now could not be had: ${error.message}`);
    }
  }

  /** A secret is told once: it stays in sight until another is told, or the view is left. */
  tell(url, secret) {
    write(byId("webhook-secret-of"), url);
    write(byId("webhook-secret"), secret);
    show("webhook-told", true);
  }

  forget() {
    show("webhook-told", false);
    write(byId("webhook-secret"), "");
    this.say("");
  }
}

/** As it is chosen. */
const formatName = (format) =>
  byId("webhook-format").querySelector(`[value="${CSS.escape(format)}"]`)?.textContent || format;

const stateText = ({ enabled, problem, failures }) => element("span", { class: "badge " + (enabled ? "fresh" : "stale") },
  enabled ? (failures > 0 ? `${failures} failed` : "on") : problem ? "off: " + problem : "off");
