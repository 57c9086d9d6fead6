// Small words for the document.

export const byId = (id) => document.getElementById(id);
export const show = (node, visible) => { (typeof node === "string" ? byId(node) : node).hidden = !visible; };

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

/** An element with attributes and children. */
export const element = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const SVG = "http://www.w3.org/2000/svg";

/** The same of a drawing. */
export const mark = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** Writes text only where it differs: a reader of the screen hears what changed. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Keeps as many nodes of a parent as there are items, makes what is missing, updates all. */
export function repeat(parent, items, make, update) {
  while (parent.childNodes.length > items.length) parent.lastChild.remove();
  items.forEach((item, index) => {
    const node = parent.childNodes[index] || parent.appendChild(make(item, index));
    update(node, item, index);
  });
}

/** The same where a node belongs to its item for good, whichever others come and go around it. */
export function repeatByKey(parent, items, key, make, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = new Set(items.map((item) => key(item)));
  for (const [name, node] of known) if (!wanted.has(name)) node.remove();
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item), node = known.get(name) || make(item);
    node.dataset.key = name;
    // What is in its place is not touched: it may have the focus.
    if (node === place) place = place.nextElementSibling; else parent.insertBefore(node, place);
    update(node, item);
  }
}

/** Buttons of which one is pressed at most. */
export function choices(parent, names, chosen) {
  parent.replaceChildren(...names.map((name, index) => element("button", {
    type: "button", "aria-pressed": "false", onclick: () => chosen(index),
  }, name)));
}

/** @param isPressed says it of an index */
export function press(parent, isPressed) {
  [...parent.children].forEach((button, index) => button.setAttribute("aria-pressed", String(isPressed(index))));
}

/** Runs a function once before the next picture, however often it is asked for. */
export function oncePerFrame(work) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; work(); });
  };
}

/** Runs a function when it has not been asked for during so many milliseconds. */
export function onceQuiet(milliseconds, work) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}
