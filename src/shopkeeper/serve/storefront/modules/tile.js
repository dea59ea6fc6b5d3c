/** What does one product look like in a list? */

import { address } from "/modules/address.js";
import { h, icon } from "/modules/dom.js";
import { paint } from "/modules/paint.js";
import { count, counted } from "/modules/wording.js";

const MOST_SWATCHES = 5;

/** A hit; `from` says where it stood, for the events of a click: {queryId, id, sku, position}. */
export function tile(hit, from, { isEager = false } = {}) {
  const target = address({ product: hit.id, sku: hit.variants.length > 1 ? hit.sku : null });
  return h("article", { class: isSoldOut(hit) ? "tile sold-out" : "tile", "data-id": hit.id },
    h("a", { class: "picture", href: target, tabindex: "-1", "aria-hidden": "true",
      "data-from": from && JSON.stringify(from) }, picture(hit, { isEager })),
    h("div", { class: "words" },
      h("p", { class: "brand" }, hit.brand ?? "\u00a0"),
      h("h3", {}, h("a", { href: target, "data-from": from && JSON.stringify(from) }, hit.title)),
      h("p", { class: "figures" }, price(hit), stars(hit.rating)),
      h("p", { class: "hints" }, stock(hit), ...variety(hit.variants))));
}

/** The picture in its frame; a drawing stands in for one that does not come. */
export function picture({ id, image, title }, { alt = "", isEager = false } = {}) {
  const drawn = `/images/${encodeURIComponent(id)}.svg`;
  const shown = h("img", {
    src: image ?? drawn, alt: alt && title, width: 400, height: 400,
    loading: isEager ? "eager" : "lazy", decoding: "async",
  });
  if (!shown.hasAttribute("src")) shown.src = drawn;
  shown.addEventListener("error", () => { shown.src = drawn; }, { once: true });
  return shown;
}

export function stars(rating) {
  if (rating === null || rating === undefined) return null;
  return h("span", { class: "stars", role: "img", "aria-label": `Rated ${rating} of 5` },
    icon("star"), h("span", { "aria-hidden": "true" }, rating.toFixed(1)));
}

function price(hit) {
  if (!hit.price) return h("span", { class: "price none" }, "Price on request");
  const isFrom = hit.price_range && hit.price_range.low.minor === hit.price.minor;
  return h("span", { class: "price" },
    isFrom && h("span", { class: "from" }, "from "), hit.price.text);
}

const isSoldOut = (hit) => hit.variants.every((variant) => !variant.in_stock);

function stock(hit) {
  if (isSoldOut(hit)) return h("span", { class: "stock out" }, "Out of stock");
  const isHere = hit.variants.find((variant) => variant.sku === hit.sku)?.in_stock;
  return h("span", { class: "stock" }, isHere ? "In stock" : "In stock in other options");
}

/** Dots for the colours, a number for every other option. */
function variety(variants) {
  const options = new Map();
  for (const [name, value] of variants.flatMap((variant) => Object.entries(variant.options))) {
    options.set(name, (options.get(name) ?? new Set()).add(value));
  }
  return [...options].filter(([, values]) => values.size > 1).map(([name, values]) => {
    const label = counted(values.size, name.toLowerCase().replace(/ *\(.*\)/, ""));
    const paints = [...values].map((value) => [value, paint(value)]);
    if (!paints.every(([, colour]) => colour)) return h("span", { class: "option" }, label);
    return h("span", { class: "swatches", role: "img", "aria-label": label },
      paints.slice(0, MOST_SWATCHES).map(([value, colour]) => swatch(value, colour)),
      paints.length > MOST_SWATCHES && h("span", { class: "more", "aria-hidden": "true" },
        `+${count(paints.length - MOST_SWATCHES)}`));
  });
}

/** A dot in a colour; painted through the CSSOM, since the page's policy allows no style texts. */
export function swatch(name, colour) {
  const dot = h("span", { class: "swatch", title: name });
  dot.style.background = colour;
  return dot;
}
