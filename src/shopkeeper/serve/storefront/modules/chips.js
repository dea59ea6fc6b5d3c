/** Which filters are on? One chip each, which takes its filter away. */

import { address } from "/modules/address.js";
import { rangeOf, withRange, withTicked } from "/modules/clauses.js";
import { h, icon } from "/modules/dom.js";
import { fieldName, leaf, valueName } from "/modules/wording.js";

/** List items of links to the view without each of its filters; none when there is none. */
export function chips(view) {
  const found = removals(view);
  if (!found.length) return [];
  return [
    ...found.map(({ label, filters }) => h("li", {},
      h("a", { class: "chip", href: address({ ...view, filters, page: 1 }),
        "aria-label": `Remove ${label}` }, h("span", {}, label), icon("cross")))),
    h("li", {}, h("a", { class: "clear-all", href: address({ ...view, filters: [], page: 1 }) },
      "Clear all")),
  ];
}

/** For each filter and each of its values: {label, filters}, where it is no longer among them. */
export function removals({ filters }) {
  return filters.flatMap((clause) => {
    const { field, values, negated } = clause;
    if (!values) {
      return [{ label: `${fieldName(field)} ${span(rangeOf(filters, field))}`,
        filters: withRange(filters, field, null, null) }];
    }
    if (negated) {
      return [{ label: `Not ${values.map((value) => valueName(field, value)).join(", ")}`,
        filters: filters.filter((each) => each !== clause) }];
    }
    return values.map((value) => ({
      label: label(field, value),
      filters: withTicked(filters, field, values.filter((each) => each !== value)),
    }));
  });
}

/** "Tents", "In stock", "Waterproof: Yes": the value alone where it speaks for itself. */
function label(field, value) {
  if (field === "category") return leaf(value);
  if (field === "brand" || field === "in_stock") return valueName(field, value);
  return `${fieldName(field)}: ${valueName(field, value)}`;
}

function span({ low, high }) {
  if (low === null) return `up to ${high}`;
  return high === null ? `from ${low}` : `${low} – ${high}`;
}
