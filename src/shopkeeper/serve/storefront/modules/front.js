/** What greets a shopper who has asked nothing yet? Departments, and what others like. */

import { address, viewOf } from "/modules/address.js";
import { search } from "/modules/api.js";
import { h } from "/modules/dom.js";
import { sawPage } from "/modules/events.js";
import { tilesLoading } from "/modules/loading.js";
import { shopStatus } from "/modules/shop.js";
import { picture, tile } from "/modules/tile.js";
import { count } from "/modules/wording.js";

const LIKED = 10;
const LOOKED_AT = 60;
/** Enough of the most wanted goods to find a picture for most departments. */

export async function showFront(view, { main, signal }) {
  if (main.dataset.page !== "front") {
    main.dataset.page = "front";
    main.replaceChildren(h("div", { class: "column front" },
      h("h1", { class: "unseen" }, "Departments"),
      h("div", { class: "departments" }, loadingDepartments()),
      h("h2", {}, "Popular now"),
      h("div", { class: "tiles" }, tilesLoading(5))));
  }
  const isCounted = (await shopStatus())?.sort_fields.includes("popularity");
  const liked = viewOf({ sort: isCounted ? "popularity:desc" : "" });
  const answer = await search(liked, { size: LOOKED_AT, signal });
  const hits = answer.hits.slice(0, LIKED);
  main.querySelector(".departments").replaceChildren(...departments(answer));
  main.querySelector(".tiles").replaceChildren(...hits.map((hit, position) => tile(
    hit, { queryId: answer.query_id, id: hit.id, sku: hit.sku, position }, { isEager: true })));
  sawPage({ ...answer, hits });
  await fillIn(main.querySelector(".departments"), liked, signal);
}

/** A picture for each department without any of the most wanted goods; one after the other. */
async function fillIn(tiles, liked, signal) {
  for (const department of tiles.querySelectorAll(".department")) {
    const frame = department.querySelector(".frame");
    if (frame.childElementCount > 0) continue;
    const filters = [{ field: "category", negated: false, values: [department.dataset.category] }];
    const { hits: [hit] } = await search({ ...liked, filters }, { size: 1, signal });
    if (hit) frame.replaceChildren(picture(hit, { isEager: true }));
  }
}

/** Links to the top of the category tree. */
export function departments({ facets, hits }) {
  const categories = facets.find((facet) => facet.field === "category")?.values ?? [];
  const roots = categories.filter(({ value }) => !value.includes(" > "));
  return roots.map(({ value, count: products }) => {
    const filters = [{ field: "category", negated: false, values: [value] }];
    const shown = hits.find((hit) => hit.category[0] === value);
    return h("a", { class: "department", href: address({ filters }), "data-category": value },
      h("span", { class: "frame" }, shown ? picture(shown, { isEager: true }) : null),
      h("span", { class: "name" }, value),
      h("span", { class: "count" }, count(products)));
  });
}

const loadingDepartments = () =>
  Array.from({ length: 8 }, () => h("div", { class: "department loading" },
    h("span", { class: "frame bone" }), h("span", { class: "bone line" })));
