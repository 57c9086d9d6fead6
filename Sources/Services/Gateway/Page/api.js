// Asking the API.

const PAGE_SIZE = 5_000;
/** Pages of one list; a list with more is an error. */
const PAGES_LIMIT = 400;
const TOKEN_KEY = "bloasis-token";
const TOKEN_FORM = /^[A-Za-z0-9\-._~+/]+=*$/;
const PREFIX = "/v1/market-regime/";

/** What the server said no with. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  get isOfCaller() { return this.status === 401 || this.status === 403; }
}

// A token stays in this tab and ends with it; where nothing may be stored, it ends with the page.
let token = "";
try { token = sessionStorage.getItem(TOKEN_KEY) || ""; } catch { /* It is asked for again. */ }

export const hasToken = () => token !== "";

/** Whether the text can be a token; it is used from now on if so. */
export function useToken(text) {
  const bare = text.trim().replace(/^Bearer\s+/i, "");
  if (bare && !TOKEN_FORM.test(bare)) return false;
  token = bare;
  try {
    if (bare) sessionStorage.setItem(TOKEN_KEY, bare); else sessionStorage.removeItem(TOKEN_KEY);
  } catch { /* It is asked for again. */ }
  return true;
}

/** The answer to a GET of a path of this server. */
export async function answer(path, parameters = {}, options = {}) {
  const told = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(told).toString();
  const headers = token ? { authorization: "Bearer " + token } : {};
  const address = (path.startsWith("/") ? path : PREFIX + path) + (query ? "?" + query : "");
  const response = await fetch(address, { headers, ...options });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refusal(response.status, body.message || "HTTP " + response.status);
}

export const ask = async (path, parameters, options) => (await answer(path, parameters, options)).json();

/** All pages of a list. */
export async function askAll(path, parameters, options) {
  const items = [];
  let next = "";
  for (let page = 0; page < PAGES_LIMIT; page++) {
    const told = await ask(path, { ...parameters, page_size: PAGE_SIZE, page_token: next }, options);
    items.push(...(told.items || []));
    next = told.nextPageToken || "";
    if (!next) return items;
  }
  throw new Error("the answer has more than " + PAGES_LIMIT + " pages");
}

/** What `/ready` says, also when it says that something is not. */
export async function readiness(options) {
  const response = await fetch("/ready", options);
  const body = await response.json().catch(() => null);
  if (!body || !Array.isArray(body.dependencies)) throw new Refusal(response.status, "HTTP " + response.status);
  return body;
}
