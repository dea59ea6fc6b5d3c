/** Where in the shop? The category facet's paths "A > B > C" as a tree of tick boxes. */

import { ticked, withTicked } from "/modules/clauses.js";
import { h, icon } from "/modules/dom.js";
import { narrow, tickBox } from "/modules/tick_box.js";
import { count, leaf } from "/modules/wording.js";

const opened = new Map();

export function categoryTree(view, { values, distinct }) {
  const chosen = ticked(view.filters, "category");
  const roots = values.filter(({ value }) => !values.some((each) => isWithin(value, each.value)));
  const branch = (node) => {
    const parts = values.filter(({ value }) => isWithin(value, node.value)
      && !values.some((each) => isWithin(value, each.value) && isWithin(each.value, node.value)));
    const isOpen = opened.get(node.value)
      ?? (roots.length === 1 || chosen.some((path) => path === node.value
        || isWithin(path, node.value)));
    const list = h("ul", { class: "values whole", hidden: !isOpen }, parts.map(branch));
    return h("li", {},
      h("div", { class: "branch" },
        tickBox({
          key: `category=${node.value}`, label: leaf(node.value), number: node.count,
          isOn: node.selected,
          change: (isOn) => narrow(view, withTicked(view.filters, "category",
            isOn ? withPath(chosen, node.value) : chosen.filter((path) => path !== node.value))),
        }),
        parts.length > 0 && opener(node.value, isOpen, list)),
      parts.length > 0 && list);
  };
  return h("div", {}, h("ul", { class: "values whole tree" }, roots.map(branch)),
    distinct && h("p", { class: "quiet" }, `The ${values.length} largest of ${count(distinct)}.`));
}

function opener(path, isOpen, list) {
  const button = h("button", {
    class: "plain opener", type: "button", "aria-expanded": String(isOpen),
    "aria-label": `Within ${leaf(path)}`, "data-key": `category>${path}`,
    click: () => {
      opened.set(path, list.hidden);
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
    },
  }, icon("chevron"));
  return button;
}

const isWithin = (path, whole) => path.startsWith(`${whole} > `);

/** With the path, and without those that contain it or lie within it: the choice would be lost. */
const withPath = (chosen, path) =>
  [...chosen.filter((each) => !isWithin(path, each) && !isWithin(each, path)), path];
