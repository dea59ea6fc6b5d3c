/** Where do the filters stand? Beside the results, or on a phone in a sheet over them. */

import { currentView } from "/modules/navigation.js";
import { counted } from "/modules/wording.js";

const sheet = document.querySelector("#sheet");
const isNarrow = matchMedia("(max-width: 859px)");

isNarrow.addEventListener("change", () => fitSheet());
sheet.addEventListener("click", (event) => {
  // The dialog itself is hit only beside its content: on the backdrop.
  if (event.target === sheet || event.target.closest("[data-close]")) sheet.close();
});

/** Puts the filters where the screen has room for them, and says what the sheet would show. */
export function fitSheet(view = currentView(), total = null) {
  const facets = document.querySelector("#facets");
  const home = document.querySelector(".column.results");
  if (!home) return;
  if (isNarrow.matches) sheet.querySelector(".sheet-body").replaceChildren(facets ?? "");
  else {
    if (sheet.open) sheet.close();
    if (facets && facets.parentNode !== home) home.prepend(facets);
  }
  if (total === null) return;
  sheet.querySelector(".primary").textContent = `Show ${counted(total, "result")}`;
  const label = document.querySelector('[data-part="filter-label"]');
  label.textContent = view.filters.length ? `Filters (${view.filters.length})` : "Filters";
}

export function openSheet() {
  sheet.showModal();
}
