/** What is known about the shop itself? Its status, asked once, and again while it is at work. */

import { status } from "/modules/api.js";

const WORKING_MS = 3000;
const listeners = [];
let latest = null;
let answerFirst;
const first = new Promise((resolve) => { answerFirst = resolve; });

/** Hears of the status as it changes: null when the shop does not answer. */
export function onStatus(listener) {
  listeners.push(listener);
  if (latest) listener(latest);
}

/** The status now, or as soon as the shop has been asked for the first time; null without one. */
export const shopStatus = async () => latest ?? first;

export async function watchShop() {
  try {
    latest = await status();
  } catch {
    latest = null; // whichever page is shown reports what is wrong
  }
  answerFirst(latest);
  for (const listener of listeners) listener(latest);
  if (!latest || !latest.ready || latest.jobs.length) setTimeout(watchShop, WORKING_MS);
}
