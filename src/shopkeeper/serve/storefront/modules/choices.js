/** Which variant? A group of radio buttons per option; what cannot be had is crossed out. */

import { h } from "/modules/dom.js";
import { paint } from "/modules/paint.js";
import { swatch } from "/modules/tile.js";
import { fieldName } from "/modules/wording.js";

/** `pick` hears of the variant that is chosen; null when there is nothing to choose. */
export function choices(variants, chosen, pick) {
  const names = [...new Set(variants.flatMap((variant) => Object.keys(variant.options ?? {})))];
  if (variants.length < 2 || !names.length) return null;
  const place = h("div", { class: "choices" });
  const show = (now) => {
    const focused = place.contains(document.activeElement) && document.activeElement.id;
    place.replaceChildren(...names.map((name) => group(name, variants, now, (value) => {
      const next = nearest(variants, now, name, value);
      show(next);
      pick(next);
    })));
    if (focused) document.getElementById(focused)?.focus();
  };
  show(chosen);
  return place;
}

function group(name, variants, now, choose) {
  const values = [...new Set(variants.map((variant) => variant.options?.[name]).filter(Boolean))];
  return h("fieldset", { class: "choice" },
    h("legend", {}, fieldName(name), h("span", { class: "chosen" }, now.options?.[name] ?? "")),
    values.map((value, place) => {
      const variant = nearest(variants, now, name, value);
      const isExact = differences(variant, now, name) === 0;
      const isMissing = variant.stock === 0 || !isExact;
      const colour = /colou?r|颜色/i.test(name) && paint(value);
      return h("label", { class: isMissing ? "pill missing" : "pill" },
        h("input", {
          type: "radio", class: "unseen", id: `option-${name}-${place}`.replaceAll(" ", "-"),
          name: `option-${name}`, value, checked: now.options?.[name] === value,
          change: () => choose(value),
        }),
        colour && swatch(value, colour),
        h("span", {}, value),
        isMissing && h("span", { class: "unseen" }, variant.stock === 0
          ? ", out of stock" : ", in other options"));
    }));
}

/** The variant with this value that differs least from the one chosen; what is in stock first. */
function nearest(variants, now, name, value) {
  const having = variants.filter((variant) => variant.options?.[name] === value);
  const better = (a, b) => (cost(b, now, name) < cost(a, now, name) ? b : a);
  return having.reduce(better);
}

const cost = (variant, now, name) => 2 * differences(variant, now, name) + (variant.stock === 0);

const differences = (variant, now, name) =>
  Object.entries(now.options ?? {}).filter(
    ([option, value]) => option !== name && variant.options?.[option] !== value).length;
