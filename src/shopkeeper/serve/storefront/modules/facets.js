/** How can the results be narrowed? One section per facet, with the API's exact counts. */

import { canBeAsked, rangeOf, ticked, withRange, withTicked } from "/modules/clauses.js";
import { categoryTree } from "/modules/category_tree.js";
import { h, icon } from "/modules/dom.js";
import { paint } from "/modules/paint.js";
import { narrow, tickBox } from "/modules/tick_box.js";
import { count, fieldName, sign, valueName } from "/modules/wording.js";

const SHOWN_AT_FIRST = 8;
/** As in results.css, which folds the others away. */
const SEARCHABLE_FROM = 13;
const OPEN_AT_FIRST = 6;
const STARS = [4, 3, 2];

/** What the shopper opened, and looked for in a facet: kept while results come and go. */
const unfolded = new Map();
const sought = new Map();

/** Fills the filters' place, and leaves the focus where it is. */
export function showFacets(view, facets, currency) {
  const place = document.querySelector("#facets");
  const focused = place.contains(document.activeElement) && document.activeElement.dataset.key;
  const sections = facets.map((facet, at) => section(view, facet, currency, at));
  place.replaceChildren(...sections.filter(Boolean));
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function section(view, facet, currency, at) {
  const { field } = facet;
  const body = content(view, facet, currency);
  if (!body) return null;
  const isUsed = view.filters.some((clause) => clause.field === field);
  return h("details", {
    class: "facet", "data-field": field,
    open: unfolded.get(field) ?? (isUsed || at < OPEN_AT_FIRST),
    toggle: (event) => unfolded.set(field, event.target.open),
  }, h("summary", { "data-key": field }, fieldName(field), icon("chevron")), body);
}

function content(view, facet, currency) {
  if (facet.field === "rating") return ratings(view);
  if (facet.field === "category") return facet.values.length ? categoryTree(view, facet) : null;
  if (facet.values.length) return values(view, facet);
  return facet.low !== null && facet.low < facet.high ? range(view, facet, currency) : null;
}

function values(view, { field, values: given, distinct }) {
  const chosen = ticked(view.filters, field);
  const lines = given.filter(({ value }) => canBeAsked(value)).map((each) => h("li", {},
    tickBox({
      key: `${field}=${each.value}`,
      label: valueName(field, each.value),
      colour: /colou?r|颜色/i.test(field) && paint(each.value),
      number: each.count,
      isOn: each.selected,
      change: (isOn) => narrow(view, withTicked(view.filters, field,
        isOn ? [...chosen, each.value] : chosen.filter((value) => value !== each.value))),
    })));
  const list = h("ul", { class: "values" }, lines);
  return h("div", {}, given.length >= SEARCHABLE_FROM && finder(field, lines), list,
    lines.length > SHOWN_AT_FIRST && fold(field, list, lines),
    distinct && h("p", { class: "quiet" }, `The ${given.length} commonest of ${count(distinct)}.`));
}

/** Looks for values within the facet; what is found is shown, folded away or not. */
function finder(field, lines) {
  const find = (words) => {
    sought.set(field, words);
    const wanted = words.trim().toLowerCase();
    for (const line of lines) {
      line.hidden = !line.querySelector(".name").textContent.toLowerCase().includes(wanted);
    }
  };
  const input = h("input", {
    class: "find", type: "search", placeholder: "Find", "data-key": `${field}?`,
    "aria-label": `Find in ${fieldName(field)}`,
    input: (event) => {
      find(event.target.value);
      event.target.closest(".facet").querySelector(".values").classList.toggle(
        "whole", Boolean(event.target.value) || unfolded.get(`${field}+`));
    },
  });
  input.value = sought.get(field) ?? "";
  if (input.value) find(input.value);
  return input;
}

function fold(field, list, lines) {
  const key = `${field}+`;
  const button = h("button", { class: "plain more", type: "button", "data-key": key,
    click: () => {
      unfolded.set(key, !unfolded.get(key));
      show();
    } });
  const show = () => {
    const isWhole = unfolded.get(key) ?? false;
    list.classList.toggle("whole", isWhole || Boolean(sought.get(field)));
    button.textContent = isWhole ? "Show fewer" : `Show all ${lines.length}`;
    button.setAttribute("aria-expanded", String(isWhole));
  };
  show();
  return button;
}

function range(view, { field, low, high }, currency) {
  const now = rangeOf(view.filters, field);
  const unit = field === "price" && currency && sign(currency);
  const end = (name, label, value, bound) => h("label", { class: "end" },
    h("span", { class: "unseen" }, `${fieldName(field)} ${label}`),
    unit && h("span", { class: "unit", "aria-hidden": "true" }, unit),
    h("input", { type: "number", name, step: "any", inputmode: "decimal",
      "data-key": `${field}.${name}`, placeholder: bound, value }));
  const apply = (event) => {
    event.preventDefault();
    const [from, to] = ["low", "high"].map((name) => {
      const text = form.elements[name].value;
      return text === "" ? null : Number(text);
    });
    if (from !== (now?.low ?? null) || to !== (now?.high ?? null)) {
      narrow(view, withRange(view.filters, field, from, to));
    }
  };
  const form = h("form", { class: "range", submit: apply, change: apply },
    end("low", "from", now?.low, field === "price" ? Math.floor(low) : low),
    h("span", { class: "dash", "aria-hidden": "true" }, "–"),
    end("high", "to", now?.high, field === "price" ? Math.ceil(high) : high),
    h("button", { class: "unseen", type: "submit", tabindex: "-1" }, "Apply"));
  return form;
}

function ratings(view) {
  const now = rangeOf(view.filters, "rating")?.low ?? null;
  return h("ul", { class: "values" }, [...STARS, null].map((least) => h("li", {},
    h("label", { class: "value" },
      h("input", { type: "radio", name: "rating", "data-key": `rating.${least}`,
        checked: now === least,
        change: () => narrow(view, withRange(view.filters, "rating", least, null)) }),
      least !== null && icon("star"),
      h("span", { class: "name" }, least === null ? "Any" : `${least} and up`)))));
}
