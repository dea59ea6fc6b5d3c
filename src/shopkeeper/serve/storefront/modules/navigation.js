/** Where are we, and how do we get elsewhere? One view at a time, each with its address. */

import { address, readView } from "/modules/address.js";

const listeners = [];
let view = readView(new URL(location.href));

export const currentView = () => view;

/** What the last move was: "load", "go", "type" or "back"; with the state it carries. */
let move = { kind: "load", state: history.state ?? {} };

export const currentMove = () => move;

/** Hears of every new view. */
export const onView = (listener) => listeners.push(listener);

/**
 * Shows another view. `replace` keeps the number of steps back; `state` is kept with the step;
 * kind "type" says that the shopper is still typing.
 */
export function go(parts, { replace = false, state = {}, kind = "go" } = {}) {
  keepScroll();
  const to = address(parts);
  history[replace ? "replaceState" : "pushState"](state, "", to);
  arrive({ kind, state });
}

/** Changes what is kept with this step, and its address, without showing anything anew. */
export function amend(parts) {
  history.replaceState(history.state, "", address(parts));
  view = readView(new URL(location.href));
}

/** Shows the same view again. */
export const reload = () => arrive({ kind: "reload", state: history.state ?? {} });

export function startNavigation() {
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => arrive({ kind: "back", state: event.state ?? {} }));
  addEventListener("pagehide", keepScroll);
  document.addEventListener("click", followLink);
  arrive(move);
}

function arrive(next) {
  move = next;
  view = readView(new URL(location.href));
  for (const listener of listeners) listener(view, move);
}

function keepScroll() {
  history.replaceState({ ...history.state, scroll: scrollY }, "");
}

/** A plain click on a link to a view stays on this page. */
function followLink(event) {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== "/" || url.hash) return;
  event.preventDefault();
  go(readView(url), { state: { from: link.dataset.from ? JSON.parse(link.dataset.from) : null } });
}
