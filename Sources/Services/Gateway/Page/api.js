// Asking the API.

const PAGE_SIZE = 5_000;
/** Pages of one list; a list with more is an error. */
const PAGES_LIMIT = 400;
const TOKEN_KEY = "bloasis-token";
const TOKEN_FORM = /^[A-Za-z0-9\-._~+/]+=*$/;
const PREFIX = "/v1/market-regime/";
/** An answer that has not come by then does not come. */
const ANSWER_MILLISECONDS = 30e3;
/** A busy server says when to ask again; so often that is done, and so long is waited at most. */
const RETRIES_LIMIT = 3, RETRY_SECONDS_LIMIT = 10;

/** What the server said no with. */
export class Refusal extends Error {
  /** @param retryAfter seconds after which to ask again; `NaN` where the server did not say */
  constructor(status, message, retryAfter = NaN) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
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
  const headers = { ...options.headers, ...(token && { authorization: "Bearer " + token }) };
  const address = (path.startsWith("/") ? path : PREFIX + path) + (query ? "?" + query : "");
  const response = await fetch(address, { ...options, headers });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const retryAfter = parseFloat(response.headers.get("retry-after"));
  throw new Refusal(response.status, body.message || "HTTP " + response.status, retryAfter);
}

/** The same as a value, within a time; asked again when the server was busy. */
export async function ask(path, parameters) {
  for (let tries = 0; ; tries++) {
    try {
      return await inTime(async (signal) => (await answer(path, parameters, { signal })).json());
    } catch (error) {
      if (!(error.retryAfter <= RETRY_SECONDS_LIMIT) || tries === RETRIES_LIMIT) throw error;
      await new Promise((resume) => { setTimeout(resume, 1e3 * error.retryAfter); });
    }
  }
}

async function inTime(work) {
  try {
    return await work(AbortSignal.timeout(ANSWER_MILLISECONDS));
  } catch (error) {
    if (error.name !== "TimeoutError") throw error;
    throw new Error(`it has not answered within ${ANSWER_MILLISECONDS / 1e3} seconds`, { cause: error });
  }
}

/** What a change of something came to. */
export const send = (method, path, body) => inTime(async (signal) => (await answer(path, {}, {
  method, signal, body: JSON.stringify(body), headers: { "content-type": "application/json" },
})).json());

/** Whom the token stands for; empty without one, which is everybody who gives no name. */
export function user() {
  try {
    const claims = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).sub || "";
  } catch {
    return "";
  }
}

/** All pages of a list. */
export async function askAll(path, parameters) {
  const items = [];
  let next = "";
  for (let page = 0; page < PAGES_LIMIT; page++) {
    const told = await ask(path, { ...parameters, page_size: PAGE_SIZE, page_token: next });
    items.push(...(told.items || []));
    next = told.nextPageToken || "";
    if (!next) return items;
  }
  throw new Error("the answer has more than " + PAGES_LIMIT + " pages");
}

/** What `/ready` says, also when it says that something is not. */
export const readiness = () => inTime(async (signal) => {
  const response = await fetch("/ready", { signal });
  const body = await response.json().catch(() => null);
  if (!body || !Array.isArray(body.dependencies)) throw new Refusal(response.status, "HTTP " + response.status);
  return body;
});
