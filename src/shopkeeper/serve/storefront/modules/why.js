/** Is "why this result" on? Kept in this browser; `?why=1` turns it on, `?why=0` off. */

import { kept } from "/modules/storage.js";

const CHOICE = "shopkeeper.why";

const asked = new URLSearchParams(location.search).get("why");
if (asked !== null) setExplaining(asked !== "0");

export const isExplaining = () => kept.getItem(CHOICE) === "yes";

export function setExplaining(yes) {
  kept.setItem(CHOICE, yes ? "yes" : "no");
}
