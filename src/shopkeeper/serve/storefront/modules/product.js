/** What is this product? Its page: picture, price, options, facts, and what is like it. */

import { address, viewOf } from "/modules/address.js";
import { product as askProduct, search } from "/modules/api.js";
import { choices } from "/modules/choices.js";
import { announce, h, icon, toast } from "/modules/dom.js";
import { addedToCart, sawPage } from "/modules/events.js";
import { showTitle } from "/modules/frame.js";
import { amend } from "/modules/navigation.js";
import { picture, stars, tile } from "/modules/tile.js";
import { fieldName, leaf, localised, money, valueName } from "/modules/wording.js";

const TITLE_WORDS = 5;
const ALIKE = 6;

export async function showProduct(view, { main, signal, move }) {
  if (main.dataset.page !== "product") main.replaceChildren(loading());
  main.dataset.page = "product";
  const product = await askProduct(view.product, signal);
  const title = localised(product.title);
  const seen = { id: product.id, ...move.state.from };
  showTitle(title);
  main.replaceChildren(h("div", { class: "column product" },
    breadcrumbs(product.category),
    body(product, title, view.sku, seen),
    h("section", { class: "alike", hidden: true })));
  announce(title);
  await showAlike(product, main.querySelector(".alike"), signal);
}

/** The two halves; choosing a variant changes picture, price, stock and address in place. */
function body(product, title, sku, seen) {
  const frame = h("div", { class: "frame" });
  const offer = h("div", { class: "offer", "aria-live": "polite" });
  const add = h("button", { class: "primary wide-button", type: "button" }, "Add to cart");
  let chosen = product.variants.find((each) => each.sku === sku) ?? product.variants[0];
  const show = (variant) => {
    chosen = variant;
    const image = variant.image ?? product.image ?? null;
    const { id } = product;
    if (frame.dataset.image !== String(image)) {
      frame.replaceChildren(picture({ id, image, title }, { alt: "title", isEager: true }));
    }
    frame.dataset.image = String(image);
    const isHere = variant.stock !== 0;
    offer.replaceChildren(
      h("p", { class: "price" }, variant.price ? money(variant.price) : "Price on request"),
      h("p", { class: isHere ? "stock" : "stock out" }, availability(variant.stock)),
      h("p", { class: "sku" }, `Item ${variant.sku}`));
    add.disabled = !isHere;
    add.textContent = isHere ? "Add to cart" : "Out of stock";
  };
  add.addEventListener("click", () => {
    addedToCart({ ...seen, sku: chosen.sku });
    toast(`“${title}” is chosen. This storefront takes no orders.`);
  });
  show(chosen);
  const pick = (variant) => {
    show(variant);
    amend({ product: product.id, sku: variant.sku });
  };
  return h("div", { class: "halves" },
    frame,
    h("div", { class: "about" },
      product.brand && h("a", { class: "brand", href: address({
        filters: [{ field: "brand", negated: false, values: [product.brand] }] }) }, product.brand),
      h("h1", {}, title),
      stars(product.rating),
      offer,
      choices(product.variants, chosen, pick),
      add,
      h("p", { class: "actions" },
        h("a", { href: address({ q: someWords(title) }) }, "Find similar"),
        product.url && h("a", { href: product.url, rel: "noopener noreferrer nofollow" },
          "At the maker’s")),
      description(localised(product.description)),
      facts(product.attributes ?? {})));
}

function availability(stock) {
  if (stock === 0) return "Out of stock";
  return stock !== undefined && stock <= 3 ? `Only ${stock} left` : "In stock";
}

function breadcrumbs(category = []) {
  const steps = category.map((name, depth) => {
    const path = category.slice(0, depth + 1).join(" > ");
    const filters = [{ field: "category", negated: false, values: [path] }];
    return h("li", {}, icon("chevron"), h("a", { href: address({ filters }) }, name));
  });
  return h("nav", { class: "breadcrumbs", "aria-label": "Where in the shop" },
    h("ol", {}, h("li", {}, h("a", { href: "/" }, "All")), steps));
}

function description(text) {
  const paragraphs = text.split(/\n+/).map((line) => line.trim()).filter(Boolean);
  return paragraphs.length > 0 && h("section", { class: "description" },
    h("h2", {}, "Description"), paragraphs.map((line) => h("p", {}, line)));
}

function facts(attributes) {
  const rows = Object.entries(attributes);
  return rows.length > 0 && h("section", { class: "facts" },
    h("h2", {}, "Details"),
    h("table", {}, h("tbody", {}, rows.map(([name, value]) => h("tr", {},
      h("th", { scope: "row" }, fieldName(name)), h("td", {}, valueName(name, value)))))));
}

/** Goods of the same category; without them the page is whole, so nothing is said. */
async function showAlike({ id, category = [] }, place, signal) {
  if (!category.length) return;
  const filters = [{ field: "category", negated: false, values: [category.join(" > ")] }];
  const answer = await search(viewOf({ filters }), { size: ALIKE + 1, facets: false, signal });
  const hits = answer.hits.filter((hit) => hit.id !== id).slice(0, ALIKE);
  if (!hits.length) return;
  place.replaceChildren(
    h("h2", {}, "More in ", h("a", { href: address({ filters }) }, leaf(category.at(-1)))),
    h("div", { class: "tiles" }, hits.map((hit, position) => tile(
      hit, { queryId: answer.query_id, id: hit.id, sku: hit.sku, position }))));
  place.hidden = false;
  sawPage({ ...answer, hits });
}

/** The first words of a title find what is named alike; all of them find it alone. */
const someWords = (title) => title.split(/\s+/).slice(0, TITLE_WORDS).join(" ");

const loading = () => h("div", { class: "column product", "aria-hidden": "true" },
  h("div", { class: "breadcrumbs bone line short" }),
  h("div", { class: "halves" }, h("div", { class: "frame bone" }),
    h("div", { class: "about" }, h("span", { class: "bone line half" }),
      h("span", { class: "bone line" }), h("span", { class: "bone line short" }))));
