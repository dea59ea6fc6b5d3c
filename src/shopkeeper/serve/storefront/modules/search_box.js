/** What could the shopper mean? The search box, a combobox with suggestions below it. */

import { address, viewOf } from "/modules/address.js";
import { product, suggest } from "/modules/api.js";
import { readClause } from "/modules/clauses.js";
import { announce, h, icon } from "/modules/dom.js";
import { currentView, go, onView } from "/modules/navigation.js";
import { count, counted } from "/modules/wording.js";

const PAUSE_MS = 120;
const GROUPS = [
  ["query", "Suggestions", "search"],
  ["category", "Categories", "category"],
  ["brand", "Brands", "brand"],
  ["product", "Products", "search"],
];

const form = document.querySelector("#search");
const input = form.querySelector("input");
const list = form.querySelector("#suggestions");
const clear = form.querySelector(".clear");
const pictures = new Map();

let pause;
let request = new AbortController();
let isTyping = false;

export function startSearchBox() {
  input.addEventListener("input", typed);
  input.addEventListener("focus", () => ask());
  input.addEventListener("click", () => list.hidden && ask());
  input.addEventListener("keydown", pressed);
  form.addEventListener("submit", submitted);
  form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || close());
  list.addEventListener("mousedown", (event) => event.preventDefault());
  clear.addEventListener("click", cleared);
  document.addEventListener("keydown", slashed);
  onView((view, move) => {
    if (move.kind !== "type") {
      input.value = view.q;
      isTyping = false;
    }
    clear.hidden = !input.value;
  });
}

function typed() {
  clear.hidden = !input.value;
  clearTimeout(pause);
  pause = setTimeout(() => {
    ask();
    showResults();
  }, PAUSE_MS);
}

/** Results follow the typing: other words, other filters. All the typing is one step back. */
function showResults() {
  if (currentView().product) return;
  go({ q: input.value }, { replace: isTyping, kind: "type" });
  isTyping = true;
}

function submitted(event) {
  event.preventDefault();
  clearTimeout(pause);
  const chosen = list.querySelector('[aria-selected="true"]');
  if (chosen && !list.hidden) {
    chosen.click();
    return;
  }
  leave();
  const view = currentView();
  const q = input.value.trim();
  const isSame = !view.product && q === view.q.trim();
  go(isSame ? view : { q }, { replace: isTyping || isSame, kind: "submit" });
}

function cleared() {
  input.value = "";
  input.focus();
  typed();
}

async function ask() {
  request.abort();
  request = new AbortController();
  const words = input.value.trim();
  try {
    const answer = await suggest(words, request.signal);
    if (document.activeElement === input) show(answer.suggestions, words);
  } catch (error) {
    // Without suggestions one can still search; results report what is wrong.
    if (error.name !== "AbortError") close();
  }
}

function show(suggestions, words) {
  const groups = GROUPS.map(([kind, title, symbol]) => {
    const lines = suggestions.filter((line) => line.kind === kind);
    if (!lines.length) return null;
    const heading = words || kind !== "query" ? title : "Popular searches";
    return h("div", { role: "group", "aria-label": heading },
      h("p", { class: "heading", "aria-hidden": "true" }, heading),
      lines.map((line) => option(line, symbol, words)));
  }).filter(Boolean);
  list.replaceChildren(...groups);
  list.querySelectorAll('[role="option"]').forEach((line, place) => {
    line.id = `suggestion-${place}`;
  });
  choose(null);
  list.hidden = !groups.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  if (groups.length) announce(counted(suggestions.length, "suggestion"));
}

function option(line, symbol, words) {
  return h("a",
    {
      class: "suggestion", role: "option", "aria-selected": "false", tabindex: "-1",
      href: address(viewFor(line)), click: leave,
    },
    line.kind === "product" ? thumbnail(line.product_id) : icon(symbol),
    h("span", { class: "text" }, ...marked(line.text, words)),
    line.kind !== "product" && h("span", { class: "count" }, count(line.hits)));
}

function viewFor(line) {
  if (line.kind === "product") return viewOf({ product: line.product_id });
  const clause = line.filter && readClause(line.filter);
  return clause ? viewOf({ filters: [clause] }) : viewOf({ q: line.text });
}

/** What was typed in plain, what would be added in bold. */
function marked(text, words) {
  const isStart = words && text.toLowerCase().startsWith(words.toLowerCase());
  if (!isStart) return [text];
  return [text.slice(0, words.length), h("b", {}, text.slice(words.length))];
}

/** The product's picture, asked for once; until then, and without one, its drawing. */
function thumbnail(id) {
  const drawn = `/images/${encodeURIComponent(id)}.svg`;
  const picture = h("img", { src: pictures.get(id) ?? drawn, alt: "", width: 40, height: 40 });
  picture.addEventListener("error", () => { picture.src = drawn; }, { once: true });
  if (!pictures.has(id)) {
    pictures.set(id, drawn);
    product(id).then(({ image }) => {
      if (!image) return;
      pictures.set(id, image);
      picture.replaceWith(thumbnail(id));
    }, () => pictures.delete(id));
  }
  return picture;
}

function pressed(event) {
  if (event.isComposing) return;
  if (event.key === "Escape") escaped(event);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event);
}

/** The first Escape closes the list, the next one empties the box. */
function escaped(event) {
  event.preventDefault();
  if (!list.hidden) close();
  else if (input.value) cleared();
}

function step(event) {
  event.preventDefault();
  const lines = [...list.querySelectorAll('[role="option"]')];
  if (list.hidden || !lines.length) {
    ask();
    return;
  }
  const at = lines.findIndex((line) => line.getAttribute("aria-selected") === "true");
  const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? lines.length - 1 : at - 1;
  choose(lines[next] ?? null);
}

/** null: none is chosen, and Enter searches for the words themselves. */
function choose(line) {
  list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  line?.setAttribute("aria-selected", "true");
  line?.scrollIntoView({ block: "nearest" });
  if (line) input.setAttribute("aria-activedescendant", line.id);
  else input.removeAttribute("aria-activedescendant");
}

function close() {
  request.abort();
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

/** Done with searching: on a phone the keyboard makes room for what was found. */
function leave() {
  close();
  if (matchMedia("(pointer: coarse)").matches) input.blur();
}

/** "/" leads to the search box from everywhere but other fields. */
function slashed(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  event.preventDefault();
  input.focus();
  input.select();
}
