/** May this shop know who clicks? Random ids, once the shopper has said yes. */

import { kept, keptForSession } from "/modules/storage.js";

const CHOICE = "shopkeeper.personalise";
const CLIENT = "shopkeeper.client_id";
const SESSION = "shopkeeper.session_id";
const SHOP_AS = "shopkeeper.shop_as";

/** Only a yes is a yes. */
export const mayPersonalise = () => kept.getItem(CHOICE) === "yes";

/** Whether the shopper has said nothing yet, nor the browser no (Do Not Track, GPC). */
export const mayAsk = () => !kept.getItem(CHOICE)
  && !(navigator.globalPrivacyControl || navigator.doNotTrack === "1");

/** Keeps the choice; a no also forgets the ids. */
export function setPersonalise(yes) {
  kept.setItem(CHOICE, yes ? "yes" : "no");
  if (yes) return;
  kept.removeItem(CLIENT);
  shopAs(null);
}

/** Whose id is carried in place of a random one: a simulated shopper's; null: nobody's. */
export const shoppingAs = () => keptForSession.getItem(SHOP_AS);

/** Until this tab closes. Another shopper is another session. */
export function shopAs(id) {
  keptForSession.removeItem(SESSION);
  if (id) keptForSession.setItem(SHOP_AS, id);
  else keptForSession.removeItem(SHOP_AS);
}

/** The ids that searches and events carry; null when nothing may be known. */
export function identity() {
  if (!mayPersonalise()) return null;
  return { client: shoppingAs() ?? idIn(kept, CLIENT), session: idIn(keptForSession, SESSION) };
}

function idIn(storage, key) {
  if (!storage.getItem(key)) storage.setItem(key, randomId());
  return storage.getItem(key);
}

if (!mayPersonalise()) kept.removeItem(CLIENT); // of a time before it was asked

/** `crypto.randomUUID` is missing on plain http beyond this machine. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
