/** What stands around every page? The shop's name, its status, two switches, a question. */

import { announce, h } from "/modules/dom.js";
import { onView, reload } from "/modules/navigation.js";
import { mayAsk, mayPersonalise, setPersonalise } from "/modules/privacy.js";
import { onStatus, watchShop } from "/modules/shop.js";
import { isExplaining, setExplaining } from "/modules/why.js";
import { count } from "/modules/wording.js";

const why = document.querySelector("[data-why-switch]");
const personalise = document.querySelector("[data-personalise]");
const question = document.querySelector("[data-question]");
let shopName = "";
let pageName = "";

export function startFrame() {
  why.addEventListener("click", () => {
    setExplaining(!isExplaining());
    showWhy();
    reload();
  });
  personalise.checked = mayPersonalise();
  personalise.addEventListener("change", () => {
    setPersonalise(personalise.checked);
    question.hidden = true;
  });
  question.hidden = !mayAsk();
  for (const button of question.querySelectorAll("button")) {
    button.addEventListener("click", () => answer(button.value === "yes"));
  }
  onStatus(showStatus);
  onView((view) => showTitle(view.q.trim()));
  showWhy();
  watchShop();
}

/** A press of the switch, so that whoever watches it hears of the answer. */
function answer(yes) {
  personalise.checked = yes;
  personalise.dispatchEvent(new Event("change"));
  announce(yes ? "Personalised from now on." : "Not personalised.");
}

/** What the browser's tab says of the page. */
export function showTitle(name = pageName) {
  pageName = name;
  document.title = [pageName, shopName].filter(Boolean).join(" · ") || "Shop";
}

function showWhy() {
  why.setAttribute("aria-checked", String(isExplaining()));
  document.body.classList.toggle("explaining", isExplaining());
}

function showStatus(shop) {
  const place = document.querySelector("[data-status]");
  if (!shop) {
    place.textContent = "The shop does not answer.";
    return;
  }
  if (shop.name !== shopName) {
    document.querySelector("[data-shop-name]").textContent = shop.name;
    shopName = shop.name;
    showTitle();
  }
  const parts = [
    `${count(shop.products)} products`,
    ...shop.jobs.map(progress),
    shop.notice,
  ];
  place.replaceChildren(...parts.filter(Boolean).map((part) => h("span", {}, part)));
}

/** "embed: 4,096 of 19,406" */
function progress({ name, done, total, message }) {
  if (total === null && !done) return `${message || name} …`;
  const amount = total === null ? count(done) : `${count(done)} of ${count(total)}`;
  return `${message || name}: ${amount}`;
}
