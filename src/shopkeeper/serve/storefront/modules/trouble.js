/** What when the shop does not answer? What is wrong, in plain words, and a way on. */

import { h } from "/modules/dom.js";

const TITLES = {
  offline: "No connection",
  busy: "The shop is very busy",
  missing: "This product is no longer here",
  refused: "The shop cannot answer that",
  broken: "Something went wrong",
};

/** The note for an error; what may pass is tried again by itself. */
export function trouble(error, { signal, again }) {
  const kind = TITLES[error.kind] ? error.kind : "broken";
  const wait = h("p", { class: "quiet" });
  if (kind === "busy") countDown(error.retryAfter, wait, signal, again);
  if (kind === "offline") addEventListener("online", again, { signal, once: true });
  return h("section", { class: "notice", role: "alert", "data-trouble": kind },
    h("h1", {}, TITLES[kind]),
    kind !== "missing" && h("p", {}, error.message,
      error.expected && ` Expected: ${error.expected}.`),
    wait,
    h("p", { class: "actions" },
      kind !== "missing" && h("button", { class: "primary", type: "button", click: again },
        "Try again"),
      h("a", { class: "secondary", href: "/" }, "Go to the front page")));
}

function countDown(seconds, note, signal, again) {
  let left = Math.ceil(seconds);
  const tick = () => {
    if (signal.aborted) return;
    if (left <= 0) {
      again();
      return;
    }
    note.textContent = `Trying again in ${left} s …`;
    left -= 1;
    setTimeout(tick, 1000);
  };
  tick();
}
