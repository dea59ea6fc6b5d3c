/** Is this a simulated shop? Then one may shop as one of its shoppers, and see what is true. */

import { simulation } from "/modules/api.js";
import { h, toast } from "/modules/dom.js";
import { reload } from "/modules/navigation.js";
import { mayPersonalise, shopAs, shoppingAs } from "/modules/privacy.js";
import { onStatus } from "/modules/shop.js";
import { isShowingTruth, setShowingTruth } from "/modules/truth.js";

const picker = document.querySelector("[data-shop-as]");
const truth = document.querySelector("[data-truth-switch]");
let isOpen = false;

export function startSimulation() {
  onStatus((shop) => {
    if (shop?.simulated && !isOpen) open();
    if (shop && !shop.simulated && shoppingAs()) shopAs(null);
  });
  picker.addEventListener("change", () => {
    shopAs(picker.value);
    reload();
  });
  truth.addEventListener("click", () => {
    setShowingTruth(!isShowingTruth());
    showSwitch();
    reload();
  });
  document.querySelector("[data-personalise]").addEventListener("change", showPicker);
}

async function open() {
  isOpen = true;
  try {
    const { shoppers } = await simulation();
    picker.replaceChildren(h("option", { value: "" }, "Myself"),
      ...shoppers.map(({ id, summary }) => h("option", { value: id }, someone(summary))));
    if (shoppingAs() && !shoppers.some(({ id }) => id === shoppingAs())) shopAs(null);
  } catch {
    isOpen = false; // asked again with the next status
    toast("The simulated marketplace does not answer.");
    return;
  }
  showPicker();
  showSwitch();
  for (const part of document.querySelectorAll("[data-simulated]")) part.hidden = false;
}

/** Without leave to know who clicks, nobody can be shopped as. */
function showPicker() {
  picker.disabled = !mayPersonalise();
  picker.value = shoppingAs() ?? "";
  picker.title = picker.disabled ? "Needs “Personalise with what I click”, below" : "";
}

/** "Looks for tents." → "Someone who looks for tents". */
const someone = (summary) =>
  `Someone who ${summary.charAt(0).toLowerCase()}${summary.slice(1).replace(/\.$/, "")}`;

function showSwitch() {
  truth.setAttribute("aria-checked", String(isShowingTruth()));
}
