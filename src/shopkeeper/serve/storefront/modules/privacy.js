/** May this shop know who clicks? Random ids, unless the shopper or the browser says no. */

import { kept, keptForSession } from "/modules/storage.js";

const CHOICE = "shopkeeper.personalise";
const CLIENT = "shopkeeper.client_id";
const SESSION = "shopkeeper.session_id";

/** The shopper's own choice; without one, what the browser says (Do Not Track, GPC). */
export function mayPersonalise() {
  const choice = kept.getItem(CHOICE);
  if (choice) return choice === "yes";
  return !(navigator.globalPrivacyControl || navigator.doNotTrack === "1");
}

/** Keeps the choice; a no also forgets the ids. */
export function setPersonalise(yes) {
  kept.setItem(CHOICE, yes ? "yes" : "no");
  if (yes) return;
  kept.removeItem(CLIENT);
  keptForSession.removeItem(SESSION);
}

/** The ids that searches and events carry; null when nothing may be known. */
export function identity() {
  if (!mayPersonalise()) return null;
  return { client: idIn(kept, CLIENT), session: idIn(keptForSession, SESSION) };
}

function idIn(storage, key) {
  if (!storage.getItem(key)) storage.setItem(key, randomId());
  return storage.getItem(key);
}

/** `crypto.randomUUID` is missing on plain http beyond this machine. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
