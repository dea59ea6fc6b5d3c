/** Which page? Real links, so that they can be opened elsewhere. */

import { address, PAGE_SIZE } from "/modules/address.js";
import { h, icon } from "/modules/dom.js";
import { count } from "/modules/wording.js";

/** The links for a view with so many results; null when one page holds them. */
export function pagination(view, total) {
  const last = Math.ceil(total / PAGE_SIZE);
  if (last <= 1) return null;
  return h("nav", { class: "pagination", "aria-label": "Pages" },
    turn("Previous", view, view.page - 1, last),
    h("ol", {}, numbers(view.page, last).map((page) => h("li", {}, page === null
      ? h("span", { class: "gap", "aria-hidden": "true" }, "…")
      : h("a", {
        href: address({ ...view, page }), "aria-label": `Page ${page}`,
        "aria-current": page === view.page && "page",
      }, count(page))))),
    turn("Next", view, view.page + 1, last));
}

function turn(label, view, page, last) {
  const isThere = page >= 1 && page <= last;
  return h("a", {
    class: `turn ${label.toLowerCase()}`, "aria-label": `${label} page`,
    rel: label === "Next" ? "next" : "prev",
    href: isThere ? address({ ...view, page }) : null, "aria-disabled": !isThere && "true",
  }, icon("chevron"));
}

/** First, last, and the neighbours of the page; null stands for a gap. */
function numbers(page, last) {
  const shown = [1, page - 1, page, page + 1, last].filter((n) => n >= 1 && n <= last);
  const ordered = [...new Set(shown)].sort((a, b) => a - b);
  return ordered.flatMap((n, at) => (at && n - ordered[at - 1] > 1 ? [null, n] : [n]));
}
