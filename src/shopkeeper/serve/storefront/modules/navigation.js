/** Where are we, and how do we get elsewhere? One view at a time, each with its address. */

import { address, readView } from "/modules/address.js";

const listeners = [];
let view = readView(new URL(location.href));

export const currentView = () => view;

/**
 * Hears of every new view, and of the move that led to it: {kind, state}. Kinds: "load", "go",
 * "back", "reload"; "type" while the shopper is typing a search, "submit" when it is typed.
 */
export const onView = (listener) => listeners.push(listener);

/** Shows another view. `replace` adds no step back; `state` is kept with the step. */
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
  arrive({ kind: "load", state: history.state ?? {} });
}

function arrive(move) {
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
