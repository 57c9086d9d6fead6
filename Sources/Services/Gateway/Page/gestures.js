// Wheel, fingers, mouse and keys on the chart.

const ZOOM_STEP = 1.25;
const WHEEL_STEP = 0.0016;
/** Bars that Page Up and Page Down go: a month of sessions. */
const PAGE_BARS = 21;
/** Pixels that a pointer may tremble without dragging. */
const TREMBLE = 3;

/** @param actions what keys do besides: `toggleScale` */
export function listenTo(frame, chart, actions) {
  listenToKeys(frame, chart, actions);
  listenToWheel(frame, chart);
  listenToPointers(frame, chart);
  frame.addEventListener("blur", () => chart.setCursor(null));
}

function listenToKeys(frame, chart, actions) {
  const place = () => chart.cursor ?? undefined;
  const step = (bars) => chart.setCursor((chart.cursor ?? chart.visible.to - Math.sign(bars)) + bars);
  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1),
    PageUp: () => step(-PAGE_BARS), PageDown: () => step(PAGE_BARS),
    Home: () => chart.setCursor(chart.visible.from), End: () => chart.setCursor(chart.visible.to),
    "+": () => chart.zoom(1 / ZOOM_STEP, place()), "=": () => chart.zoom(1 / ZOOM_STEP, place()),
    "-": () => chart.zoom(ZOOM_STEP, place()), 0: () => chart.showAll(),
    l: actions.toggleScale, Escape: () => chart.setCursor(null),
  };
  frame.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    chart.isByKeys = true;
    action();
  });
}

/** The wheel turns the page unless the chart has the focus, or the fingers mean to zoom. */
function listenToWheel(frame, chart) {
  frame.addEventListener("wheel", (event) => {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !isSideways && document.activeElement !== frame) return;
    event.preventDefault();
    if (isSideways) chart.pan(event.deltaX * chart.pointsPerPixel);
    else chart.zoom(Math.exp(event.deltaY * WHEEL_STEP * (event.ctrlKey ? 4 : 1)), chart.placeAt(offset(frame, event)));
  }, { passive: false });
}

const offset = (frame, event) => event.clientX - frame.getBoundingClientRect().left;

function listenToPointers(frame, chart) {
  const pointers = new Map();
  let hasMoved = false;
  const point = (event) => chart.setCursor(Math.round(chart.placeAt(offset(frame, event))));

  frame.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, event.clientX);
    hasMoved = false;
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    // What was let go elsewhere holds no more.
    if (event.pointerType === "mouse" && !event.buttons) pointers.delete(event.pointerId);
    const before = pointers.get(event.pointerId);
    if (before === undefined) { point(event); return; }
    if (!hasMoved && Math.abs(event.clientX - before) < TREMBLE) return;
    hasMoved = true;
    if (pointers.size === 1) chart.pan((before - event.clientX) * chart.pointsPerPixel);
    else pinch(frame, chart, pointers, event);
    pointers.set(event.pointerId, event.clientX);
  });
  const end = (event) => {
    if (pointers.delete(event.pointerId) && !hasMoved) point(event);
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
  frame.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !pointers.size && document.activeElement !== frame) chart.setCursor(null);
  });
  frame.addEventListener("dblclick", () => chart.showAll());
}

/** What lies between two fingers stays there. */
function pinch(frame, chart, pointers, event) {
  const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
  const before = Math.abs(pointers.get(event.pointerId) - other), now = Math.abs(event.clientX - other);
  if (before < 1 || now < 1) return;
  const middle = (event.clientX + other) / 2 - frame.getBoundingClientRect().left;
  chart.zoom(before / now, chart.placeAt(middle));
}
