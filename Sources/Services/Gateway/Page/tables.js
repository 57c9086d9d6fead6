// Tables from columns of words and numbers.

import { element } from "./dom.js";
import { regimeClass, regimeName } from "./regimes.js";

/**
 * Fills a table anew.
 *
 * @param columns `{ title, value, isNumber, name }`: `value` gives a text or a node; `name` marks
 *   the column that names its row
 */
export function fillTable(table, columns, rows) {
  const head = element("thead", {}, element("tr", {}, ...columns.map(({ title, isNumber }) =>
    element("th", { scope: "col", class: isNumber ? "number" : null }, title))));
  const body = element("tbody", {}, ...rows.map((row) => element("tr", { class: row.rowClass },
    ...columns.map(({ value, isNumber, name }) => element(name ? "th" : "td", {
      class: isNumber ? "number" : null, scope: name ? "row" : null,
    }, value(row))))));
  // Nothing is heard, and no focus lost, where nothing has changed.
  if (table.tHead?.isEqualNode(head) && table.tBodies[0]?.isEqualNode(body)) return;
  const focused = table.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  table.replaceChildren(head, body);
  if (focused) table.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** A regime by its name, behind its colour. */
export const regimeText = (regime) =>
  element("span", {}, element("span", { class: "swatch " + regimeClass(regime) }), regimeName(regime));
