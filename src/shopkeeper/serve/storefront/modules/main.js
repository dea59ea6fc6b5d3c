/** Which page is it? Ties the address, the pages and the frame around them together. */

import { isFront } from "/modules/address.js";
import { h } from "/modules/dom.js";
import { clicked } from "/modules/events.js";
import { startFrame } from "/modules/frame.js";
import { showFront } from "/modules/front.js";
import { onView, reload, startNavigation } from "/modules/navigation.js";
import { showProduct } from "/modules/product.js";
import { showResults } from "/modules/results.js";
import { startSearchBox } from "/modules/search_box.js";
import { startSimulation } from "/modules/simulation.js";
import { trouble } from "/modules/trouble.js";

const main = document.querySelector("#main");
let under = new AbortController();

/** Shows the view; a newer one takes over at once, whatever the older one still waits for. */
async function show(view, move) {
  under.abort();
  under = new AbortController();
  const { signal } = under;
  if (move.kind === "go" && move.state.from) clicked(move.state.from);
  const page = view.product ? showProduct : isFront(view) ? showFront : showResults;
  main.setAttribute("aria-busy", "true");
  try {
    await page(view, { main, signal, move });
  } catch (error) {
    if (signal.aborted) return;
    main.dataset.page = "trouble";
    main.replaceChildren(h("div", { class: "column" }, trouble(error, { signal, again: reload })));
    if (!error.kind) throw error; // a bug of ours: the console should say so too
  }
  main.removeAttribute("aria-busy");
  settle(move);
}

/** After Back the page stands where it stood; a new page begins at its top. */
function settle({ kind, state }) {
  if (kind === "back" || kind === "load") scrollTo(0, state.scroll ?? 0);
  else if (kind !== "reload" && !state.stay) scrollTo(0, 0);
  if (kind === "go" && document.activeElement === document.body) {
    main.focus({ preventScroll: true });
  }
}

onView(show);
startFrame();
startSimulation();
startSearchBox();
startNavigation();
