/** What does the shop answer? Its HTTP API, and one error for all that can go wrong. */

import { PAGE_SIZE, searchParameters } from "/modules/address.js";
import { identity } from "/modules/privacy.js";

/**
 * `kind`: "offline", "busy" (with `retryAfter`, seconds), "missing", "refused" or "broken";
 * `status` is the answer's, 0 without one.
 */
export class Trouble extends Error {
  constructor(kind, message, { expected = "", retryAfter = 0, status = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, expected, retryAfter, status });
  }
}

/** A page of results for the view. */
export function search(view, { explain = false, size = PAGE_SIZE, facets = true, signal } = {}) {
  const words = searchParameters(view, size);
  if (explain) words.set("explain", "true");
  if (!facets) words.set("facet", "");
  return ask(`/v1/search?${personal(words)}`, { signal });
}

export function suggest(q, signal) {
  return ask(`/v1/suggest?${personal(new URLSearchParams({ q }))}`, { signal });
}

export const product = (id, signal) =>
  ask(`/v1/products/${encodeURIComponent(id)}`, { signal });

export const status = () => ask("/v1/status");

/** The shoppers of the simulated marketplace behind the shop. */
export const simulation = () => ask("/v1/simulation");

/** The true grade of products for a query, in a simulated shop. */
export const truth = (q, products, signal) =>
  post("/v1/simulation/truth", { q, products }, { signal });

/** The shop's experiments; a server that needs a key for its back office is given it. */
export const experiments = (key) =>
  ask("/v1/experiments", key ? { headers: { Authorization: `Bearer ${key}` } } : {});

export const sendEvents = (events) =>
  post("/v1/events", events, { keepalive: true });

function post(path, body, options) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), ...options });
}

function personal(words) {
  const ids = identity();
  if (ids) {
    words.set("shopper", ids.client);
    words.set("session", ids.session);
    words.set("consent", "true");
  }
  return words;
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("offline", "The shop cannot be reached.");
  }
  if (answer.ok) return answer.json();
  const { message = answer.statusText, expected = "" } = await problem(answer);
  const retryAfter = Number(answer.headers.get("Retry-After")) || 1;
  const { status } = answer;
  throw new Trouble(kindOf(status), message, { expected, retryAfter, status });
}

/** The error body; a proxy's own page has none. */
async function problem(answer) {
  const isOurs = answer.headers.get("Content-Type")?.includes("json");
  return isOurs ? ((await answer.json()).error ?? {}) : {};
}

function kindOf(code) {
  if (code === 503 || code === 429) return "busy";
  if (code === 404) return "missing";
  return code < 500 ? "refused" : "broken";
}
