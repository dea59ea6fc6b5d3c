/** Is "why this result" on? Kept in this browser; `?why=1` turns it on, `?why=0` off. */

const CHOICE = "shopkeeper.why";

const asked = new URLSearchParams(location.search).get("why");
if (asked !== null) setExplaining(asked !== "0");

export const isExplaining = () => localStorage.getItem(CHOICE) === "yes";

export function setExplaining(yes) {
  localStorage.setItem(CHOICE, yes ? "yes" : "no");
}
