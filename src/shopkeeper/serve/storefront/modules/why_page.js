/** How did this page come about? What was understood, each stage's time, which versions. */

import { h } from "/modules/dom.js";
import { count, milliseconds } from "/modules/wording.js";

export function whyPage(answer) {
  return h("details", { class: "why-page", open: true },
    h("summary", {}, h("b", {}, "Why these results"),
      h("span", { class: "quiet" },
        `${count(answer.total)} in ${milliseconds(answer.latency_ms)}`,
        answer.fit !== null && ` · fit ${answer.fit.toFixed(2)}`,
        answer.degraded.length > 0 && ` · degraded: ${answer.degraded.join(", ")}`)),
    h("div", { class: "why-columns" },
      understood(answer),
      waterfall(answer),
      versions(answer)));
}

function understood({ understanding, rules, blocked_by: blockedBy, redirect }) {
  if (!understanding) return group("Understood", [row("Read as", "nothing was understood")]);
  const { text, concepts, corrections, constraints, dropped } = understanding;
  return group("Understood", [
    row("Read as", text ? h("code", {}, text) : "every product"),
    ...concepts.map(({ surface, alternatives }) => row(surface, alternatives.map(alternative))),
    ...corrections.map(({ typed, read_as: readAs, confidence }) => row("Corrected",
      [h("code", {}, typed), " → ", h("code", {}, readAs), weight(confidence)])),
    ...constraints.map(({ filter, surface, confidence }) => row("Wish",
      [h("code", {}, filter), ` from “${surface}”`, weight(confidence)])),
    dropped.length > 0 && row("Dropped", dropped.map((word) => h("code", {}, word))),
    rules.length > 0 && row("Rules fired", rules.map((rule) => h("code", {}, rule))),
    redirect && row("Redirect", h("code", {}, redirect)),
    blockedBy && row("Blocked by", h("code", {}, blockedBy)),
  ]);
}

const alternative = ({ terms, weight: worth, source }) => h("span", { class: "alternative" },
  h("code", {}, terms.join(" ")), source !== "typed" && h("small", {}, source),
  worth !== 1 && weight(worth));

const weight = (value) => h("small", { class: "weight" }, value.toFixed(2));

/** Each stage where it began; a leg of a stage ("retrieve.dense") lies within its stage. */
function waterfall({ stages, latency_ms: whole }) {
  const spent = stages.filter(({ stage }) => !stage.includes(".") || stage.startsWith("guard."))
    .reduce((sum, { latency_ms: took }) => sum + took, 0);
  const scale = Math.max(whole, spent) || 1;
  let clock = 0;
  const starts = new Map();
  const lines = stages.map((report) => {
    const outer = starts.get(report.stage.split(".")[0]);
    const isLeg = outer !== undefined && report.stage.includes(".");
    const start = isLeg ? outer : clock;
    if (isLeg) starts.set(report.stage.split(".")[0], start + report.latency_ms);
    else {
      starts.set(report.stage, clock);
      clock += report.latency_ms;
    }
    return stageLine(report, start / scale, report.latency_ms / scale, isLeg);
  });
  return h("section", { class: "waterfall" }, h("h3", {}, "Stages"), h("ol", {}, lines));
}

function stageLine({ stage, state, reason, latency_ms: took }, start, width, isLeg) {
  const span = h("span", { class: "span" });
  span.style.marginInlineStart = `${100 * start}%`;
  span.style.width = `${100 * width}%`;
  return h("li", { class: isLeg ? `stage ${state} leg` : `stage ${state}`, "data-stage": stage },
    h("span", { class: "name", title: stage }, isLeg ? stage.split(".").at(-1) : stage),
    h("span", { class: "state" }, state),
    h("span", { class: "track", "aria-hidden": "true" }, span),
    h("span", { class: "took" }, state === "off" || state === "skipped" ? "" : milliseconds(took)),
    reason && h("span", { class: "reason" }, reason));
}

function versions({ generation, artefacts, query_id: queryId }) {
  return group("Versions", [
    row("Generation", h("code", {}, generation || "none")),
    ...Object.entries(artefacts).map(([name, version]) => row(name, h("code", {}, version))),
    row("Query id", h("code", {}, queryId)),
  ]);
}

const group = (title, rows) =>
  h("section", {}, h("h3", {}, title), h("dl", {}, rows.filter(Boolean)));

const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
