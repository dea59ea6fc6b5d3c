/** How is a value of a facet chosen? By a tick box with its count. */

import { h } from "/modules/dom.js";
import { go } from "/modules/navigation.js";
import { swatch } from "/modules/tile.js";
import { count } from "/modules/wording.js";

/** `key` finds the box again in a facet drawn anew; `colour` paints a dot beside the name. */
export function tickBox({ key, label, colour, number, isOn, change }) {
  return h("label", { class: number || isOn ? "value" : "value none" },
    h("input", { type: "checkbox", "data-key": key, checked: isOn,
      change: (event) => change(event.target.checked) }),
    colour && swatch(label, colour),
    h("span", { class: "name" }, label), h("span", { class: "count" }, count(number)));
}

/** Applies other filters: one step back undoes them, and the page stays where it is. */
export function narrow(view, filters) {
  go({ ...view, filters, page: 1 }, { state: { stay: true } });
}
