/** What when nothing fits? Why that may be, and ways on that do lead somewhere. */

import { address, viewOf } from "/modules/address.js";
import { search, Trouble } from "/modules/api.js";
import { removals } from "/modules/chips.js";
import { h } from "/modules/dom.js";
import { departments } from "/modules/front.js";
import { reload } from "/modules/navigation.js";
import { trouble } from "/modules/trouble.js";
import { counted } from "/modules/wording.js";

const MOST_TRIED = 6;
const NEEDED = ["retrieve", "hydrate"];
/** Without these stages a page is empty whatever was asked. */
const RETRY_S = 3;

/** `target` is where a merchant's rule sends this query, when it names a safe place. */
export async function nothingFound(view, answer, target, signal) {
  if (target) return elsewhere(view, target);
  if (answer.blocked_by) return blocked();
  if (answer.degraded.some((stage) => NEEDED.includes(stage))) {
    const late = new Trouble("busy", "The search took too long.", { retryAfter: RETRY_S });
    return trouble(late, { signal, again: reload });
  }
  const [without, all] = await Promise.all([
    fewerFilters(view, signal), search(viewOf(), { size: 60, signal }),
  ]);
  return h("section", { class: "notice empty", "data-empty": "nothing" },
    answer.suggestions.length > 0 && h("div", {},
      h("p", {}, "These searches find something:"),
      h("ul", { class: "links" }, answer.suggestions.map((words) => h("li", {},
        h("a", { class: "chip", href: address({ q: words }) }, words))))),
    without.length > 0 && h("div", {},
      h("p", {}, "Or with one filter fewer:"),
      h("ul", { class: "links" }, without.map(({ label, view: wider, total }) => h("li", {},
        h("a", { class: "chip", href: address(wider) },
          `Without ${label} · ${counted(total, "result")}`))))),
    !answer.suggestions.length && !without.length
      && h("p", {}, "Try fewer or more general words, or browse the departments."),
    h("h2", { class: "unseen" }, "Departments"),
    h("div", { class: "departments" }, departments(all)));
}

/** The views with one filter less that find something, the most first. */
async function fewerFilters(view, signal) {
  const tried = removals(view).slice(0, MOST_TRIED).map(async ({ label, filters }) => {
    const wider = { ...view, filters, page: 1 };
    const { total } = await search(wider, { size: 0, facets: false, signal });
    return { label, view: wider, total };
  });
  const found = await Promise.all(tried);
  return found.filter(({ total }) => total).sort((a, b) => b.total - a.total);
}

function elsewhere(view, target) {
  return h("section", { class: "notice empty", "data-empty": "redirect" },
    h("h2", {}, `There is a page for “${view.q.trim()}”`),
    h("p", { class: "actions" }, h("a", { class: "primary", href: target }, "Take me there")));
}

const blocked = () => h("section", { class: "notice empty", "data-empty": "blocked" },
  h("h2", {}, "We cannot help with this search"),
  h("p", {}, "This shop does not show results for it."),
  h("p", { class: "actions" }, h("a", { class: "secondary", href: "/" }, "Browse the shop")));
