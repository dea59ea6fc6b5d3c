/** What when the shop does not answer? What is wrong, in plain words, and a way on. */

import { h } from "/modules/dom.js";

/** For each kind of trouble a title, and a sentence where the shop's own would puzzle a shopper. */
const WORDS = {
  offline: ["No connection", "The shop cannot be reached. Are you online?"],
  busy: ["The shop is very busy", "It will answer in a moment."],
  missing: ["This product is no longer here", "It may have sold out for good."],
  refused: ["The shop cannot answer that", null],
  broken: ["Something went wrong", "It is not your fault. Please try again."],
};

/** The note for an error; what may pass is tried again by itself. */
export function trouble(error, { signal, again }) {
  const kind = WORDS[error.kind] ? error.kind : "broken";
  const [title, sentence] = WORDS[kind];
  const wait = h("p", { class: "quiet" });
  if (kind === "busy") countDown(error.retryAfter, wait, signal, again);
  if (kind === "offline") addEventListener("online", again, { signal, once: true });
  return h("section", { class: "notice", role: "alert", "data-trouble": kind },
    h("h1", {}, title),
    h("p", {}, sentence ?? `${error.message}.`),
    !sentence && error.expected && h("p", { class: "quiet" }, `Expected: ${error.expected}.`),
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
