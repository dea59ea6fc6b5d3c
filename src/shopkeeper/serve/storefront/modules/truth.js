/** How relevant is each hit in truth? Grades that only a simulated shop knows; `?truth=1`. */

import { truth } from "/modules/api.js";
import { announce, h } from "/modules/dom.js";
import { kept } from "/modules/storage.js";

const CHOICE = "shopkeeper.truth";
const READ_BY = {
  book: "as whoever made this query meant it",
  words: "read from its words, which may err",
};

const asked = new URLSearchParams(location.search).get("truth");
if (asked !== null) setShowingTruth(asked !== "0");

export const isShowingTruth = () => kept.getItem(CHOICE) === "yes";

export function setShowingTruth(yes) {
  kept.setItem(CHOICE, yes ? "yes" : "no");
}

/** Puts a chip on each tile that can be judged, and says in `place` what the query was read as. */
export async function showTruth(q, hits, tiles, place, signal) {
  if (!q) {
    place.replaceChildren(note("Without a query nothing is more relevant than anything else."));
    return;
  }
  let judged;
  try {
    judged = await truth(q, hits.map(({ id }) => id), signal);
  } catch {
    if (!signal.aborted) place.replaceChildren(note("The grades cannot be had at the moment."));
    return;
  }
  if (signal.aborted) return;
  place.replaceChildren(reading(judged));
  const grades = new Map(judged.products.map((each) => [each.product_id, each]));
  for (const tile of tiles) {
    const found = grades.get(tile.dataset.id);
    if (found) tile.querySelector(".words").append(chip(found));
  }
  announce(`${grades.size} true grades, simulated`);
}

function chip({ grade, name, rule, reason }) {
  return h("details", { class: `truth grade-${grade}`, "data-grade": grade },
    h("summary", {},
      h("b", {}, grade), h("span", { class: "name" }, name),
      h("span", { class: "mark" }, "simulated")),
    h("p", {}, reason, " ", h("span", { class: "rule" }, `Rule ${rule}.`)));
}

function reading({ read_by: readBy, reading: meaning }) {
  if (readBy === "nothing") return note("Nothing was understood of this query: no true grades.");
  return note("Wanted: ", h("b", {}, meaning), ` (${READ_BY[readBy]})`);
}

const note = (...words) => h("p", { class: "truth-note" },
  h("span", { class: "tag" }, "Simulated truth"), h("span", {}, ...words));
