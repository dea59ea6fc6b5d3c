/** What was found? The list of results with everything that narrows, orders and explains it. */

import { PAGE_SIZE } from "/modules/address.js";
import { search } from "/modules/api.js";
import { chips } from "/modules/chips.js";
import { ticked } from "/modules/clauses.js";
import { announce, h, icon, safeLink } from "/modules/dom.js";
import { nothingFound } from "/modules/empty.js";
import { sawPage } from "/modules/events.js";
import { showFacets } from "/modules/facets.js";
import { showTitle } from "/modules/frame.js";
import { facetsLoading, tilesLoading } from "/modules/loading.js";
import { go } from "/modules/navigation.js";
import { pagination } from "/modules/pagination.js";
import { fitSheet, openSheet } from "/modules/sheet.js";
import { shopStatus } from "/modules/shop.js";
import { tile } from "/modules/tile.js";
import { isShowingTruth, showTruth } from "/modules/truth.js";
import { isExplaining } from "/modules/why.js";
import { whyHit, widest } from "/modules/why_hit.js";
import { whyPage } from "/modules/why_page.js";
import { counted, leaf } from "/modules/wording.js";

const SORTS = [
  ["", "Best match"],
  ["price:asc", "Price, low to high"],
  ["price:desc", "Price, high to low"],
  ["rating:desc", "Best rated"],
  ["popularity:desc", "Most popular"],
];

export async function showResults(view, { main, signal, move }) {
  if (move.kind !== "type") frame(main);
  const [answer, shop] = await Promise.all([
    search(view, { explain: isExplaining(), signal }), shopStatus(),
  ]);
  // Half a word often finds nothing; what is shown stays until the word is whole.
  if (move.kind === "type" && !answer.total) return;
  frame(main);
  const target = answer.redirect && safeLink(answer.redirect);
  if (target && move.kind === "submit" && !isExplaining()) {
    location.replace(target);
    return;
  }
  const part = (name) => main.querySelector(`[data-part="${name}"]`);
  part("heading").replaceChildren(...heading(view, answer));
  part("sort").replaceChildren(sorting(view, shop?.sort_fields ?? []));
  part("sort").hidden = !answer.total;
  part("chips").replaceChildren(...chips(view));
  part("why").replaceChildren(...(isExplaining() ? [whyPage(answer)] : []));
  part("truth").replaceChildren();
  part("pages").replaceChildren(pagination(view, answer.total) ?? "");
  showFacets(view, answer.facets, shop?.currency);
  fitSheet(view, answer.total);
  if (answer.total) part("tiles").replaceChildren(...tiles(answer));
  else part("tiles").replaceChildren(await nothingFound(view, answer, target, signal));
  if (signal.aborted) return;
  part("tiles").classList.toggle("none", !answer.total);
  showTitle(view.q.trim() || categoryOf(view));
  announce(part("heading").querySelector("h1").textContent);
  sawPage(answer);
  if (shop?.simulated && isShowingTruth() && answer.total) {
    const shown = part("tiles").querySelectorAll(".tile");
    showTruth(view.q.trim(), answer.hits, shown, part("truth"), signal);
  }
}

/** The empty page; one that is there keeps its goods until the next ones come. */
function frame(main) {
  if (main.dataset.page === "results") return;
  main.dataset.page = "results";
  const open = h("button", { class: "secondary open-sheet", type: "button", click: openSheet },
    icon("filters"), h("span", { "data-part": "filter-label" }, "Filters"));
  main.replaceChildren(h("div", { class: "column results" },
    h("aside", { class: "facets", id: "facets", "aria-label": "Filters" }, facetsLoading()),
    h("section", { class: "found", "aria-label": "Results" },
      h("div", { class: "heading", "data-part": "heading" },
        h("h1", {}, h("span", { class: "bone line short" }))),
      h("div", { class: "tools" }, open, h("div", { "data-part": "sort" })),
      h("ul", { class: "chips", "data-part": "chips", "aria-label": "Active filters" }),
      h("div", { "data-part": "truth" }),
      h("div", { "data-part": "why" }),
      h("div", { class: "tiles", "data-part": "tiles" }, tilesLoading(12)),
      h("div", { "data-part": "pages" }))));
  fitSheet();
}

function heading(view, answer) {
  const q = view.q.trim();
  const category = categoryOf(view);
  const place = q ? ` for “${q}”` : category && ` in ${category}`;
  const number = answer.total ? counted(answer.total, q ? "result" : "product") : "No results";
  const corrections = answer.understanding?.corrections ?? [];
  const pages = Math.ceil(answer.total / PAGE_SIZE);
  return [
    h("h1", {}, number, h("span", { class: "asked" }, place)),
    corrections.length && h("p", { class: "corrected" }, "Showing results for ",
      h("strong", {}, answer.understanding.text),
      ` instead of ${corrections.map((c) => `“${c.typed}”`).join(" and ")}.`),
    view.page > 1 && pages > 1 && h("p", { class: "quiet" }, `Page ${view.page} of ${pages}`),
  ].filter(Boolean);
}

/** The name of the one category that is browsed; "" when there is none, or several. */
function categoryOf({ filters }) {
  const paths = ticked(filters, "category");
  return paths.length === 1 ? leaf(paths[0]) : "";
}

function sorting(view, fields) {
  const offered = SORTS.filter(([key]) => !key || fields.includes(key.split(":")[0]));
  const change = (event) => go({ ...view, sort: event.target.value, page: 1 });
  return h("label", { class: "sort" },
    h("span", {}, "Sort"),
    h("select", { change },
      offered.map(([key, name]) => h("option", { value: key, selected: key === view.sort }, name)),
      !offered.some(([key]) => key === view.sort)
        && h("option", { value: view.sort, selected: true }, view.sort)),
    icon("chevron"));
}

function tiles(answer) {
  const scale = widest(answer.hits);
  return answer.hits.map((hit, position) => {
    const from = { queryId: answer.query_id, id: hit.id, sku: hit.sku, position };
    const shown = tile(hit, from, { isEager: position < 8 });
    if (isExplaining()) shown.append(whyHit(hit, scale));
    return shown;
  });
}
