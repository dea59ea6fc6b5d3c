/** Why does this product stand here? The parts of its score, and what set its place. */

import { h } from "/modules/dom.js";

const DIGITS = 4;

/** The longest bar of the page, all of whose bars share one scale. */
export const widest = (hits) => Math.max(0, ...hits.map(
  ({ parts }) => parts.reduce((sum, { value }) => sum + Math.abs(value), 0)));

export function whyHit(hit, scale) {
  const { parts, score, tier, pin, rank, why } = hit;
  return h("div", { class: "why-hit" },
    h("p", { class: "place" },
      h("span", { class: "rank" }, `#${rank}`),
      h("span", { class: "key" }, "score ", h("b", { "data-score": score }, score.toFixed(DIGITS))),
      h("span", { class: "key" }, `tier ${tier}`),
      pin > 0 && h("span", { class: "key pinned" }, `pinned ${pin}`)),
    bar(parts, scale),
    h("table", { class: "parts" }, h("tbody", {}, parts.map(({ name, value }, at) => h("tr", {},
      h("th", { scope: "row" }, h("span", { class: `tint ${tint(value, at)}` }), name),
      h("td", { "data-part-value": value, title: value }, signed(value)))))),
    why && matched(why.matched),
    h("p", { class: "differs" }, why?.differs
      ? ["above the next by ", h("b", {}, why.differs)]
      : "the last one shown, or no different from the next"));
}

/** The parts side by side; those that bury are hatched. */
function bar(parts, scale) {
  const segments = parts.map(({ name, value }, at) => {
    const segment = h("span", {
      class: `segment ${tint(value, at)}`, title: `${name} ${signed(value)}`,
    });
    segment.style.width = `${scale ? (100 * Math.abs(value)) / scale : 0}%`;
    return segment;
  });
  const words = parts.map(({ name, value }) => `${name} ${signed(value)}`).join(", ");
  return h("div", { class: "bar", role: "img", "aria-label": words || "no parts" }, segments);
}

const matched = (fields) => fields.length > 0 && h("p", { class: "matched" },
  fields.map((field) => h("code", {}, field)));

const tint = (value, at) => (value < 0 ? "burying" : `tint-${at % 6}`);

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(DIGITS)}`;
