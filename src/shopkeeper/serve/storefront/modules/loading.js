/** What stands where the goods will be? Their outlines, so that nothing jumps. */

import { h } from "/modules/dom.js";

export const tilesLoading = (number) =>
  Array.from({ length: number }, () => h("div", { class: "tile loading", "aria-hidden": "true" },
    h("span", { class: "picture bone" }),
    h("div", { class: "words" },
      h("span", { class: "bone line short" }), h("span", { class: "bone line" }),
      h("span", { class: "bone line half" }))));

export const facetsLoading = () =>
  Array.from({ length: 4 }, () => h("div", { class: "facet loading", "aria-hidden": "true" },
    h("span", { class: "bone line short" }),
    Array.from({ length: 4 }, () => h("span", { class: "bone line" }))));
