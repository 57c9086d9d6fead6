// What somebody wants to be told, and when.

import { ask, send, user } from "./api.js";
import { byId, element, write } from "./dom.js";
import { regimeName, regimeOrder } from "./regimes.js";

const PATH = "/v1/notifications/preferences";
const field = (name) => byId("p-" + name);
const TEXTS = ["minimumRiskLevel", "timeZone", "quietFrom", "quietUntil", "digest", "digestAt"];
const FLAGS = ["regimeChanges", "orderFills"];

export class PreferencesForm {
  constructor() {
    field("regimes").replaceChildren(...regimeOrder.map((regime) => element("label", {},
      element("input", { type: "checkbox", value: regime }), " ", regimeName(regime))));
    byId("preferences").onsubmit = (event) => {
      event.preventDefault();
      this.save().catch((error) => this.say(error.message));
    };
    byId("preferences").oninput = () => this.say("");
    field("digest").onchange = () => this.showTime();
  }

  say(words) { write(byId("preferences-said"), words); }

  async load() { this.show(await ask(PATH, { user_id: user() })); }

  show(told) {
    for (const name of FLAGS) field(name).checked = told[name] === true;
    for (const name of TEXTS) field(name).value = told[name] || "";
    field("markets").value = (told.markets || []).join(", ");
    field("minimumConfidence").value = Number((100 * (told.minimumConfidence || 0)).toFixed(6));
    field("netWindowSeconds").value = told.netWindowSeconds || 0;
    for (const box of field("regimes").querySelectorAll("input")) box.checked = (told.regimes || []).includes(box.value);
    this.showTime();
  }

  showTime() { field("digestAt").disabled = field("digest").value !== "daily"; }

  async save() {
    const preferences = {
      markets: field("markets").value.split(/[\s,]+/).filter(Boolean),
      minimumConfidence: Number(field("minimumConfidence").value) / 100,
      netWindowSeconds: Number(field("netWindowSeconds").value),
      regimes: [...field("regimes").querySelectorAll("input:checked")].map(({ value }) => value),
    };
    for (const name of FLAGS) preferences[name] = field(name).checked;
    for (const name of TEXTS) preferences[name] = field(name).disabled ? "" : field(name).value;
    this.show(await send("PUT", PATH, { userId: user(), preferences }));
    this.say("Saved.");
  }
}
