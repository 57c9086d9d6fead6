// What is looked at, as the address of the page: every view has its own, to be kept or sent.

export const VIEWS = ["market", "overview", "models", "inbox", "status"];
const KEYS = ["view", "market", "timeframe", "from", "to", "scale", "theme", "search", "period"];

/** The address as an object; what is not in it is empty. */
export function readRoute() {
  const query = new URLSearchParams(location.search);
  const route = Object.fromEntries(KEYS.map((key) => [key, query.get(key) || ""]));
  if (!VIEWS.includes(route.view)) route.view = "market";
  return route;
}

/** The address of a route; of what is as it would be anyway nothing is told. */
export function address(route) {
  const query = new URLSearchParams();
  for (const key of KEYS) {
    if (route[key] && !(key === "view" && route.view === "market")) query.set(key, route[key]);
  }
  const text = query.toString();
  return text ? "?" + text : "/";
}

/** Changes the address without a step that «back» would take. */
export function keepRoute(route) {
  if (address(route) !== (location.search || "/")) history.replaceState(null, "", address(route));
}

/** Changes the address as a step that «back» takes. */
export function pushRoute(route) {
  if (address(route) !== (location.search || "/")) history.pushState(null, "", address(route));
}
