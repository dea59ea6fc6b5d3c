/** How do the shop's experiments go? The back office's page, drawn again as they go on. */

import { experiments } from "/modules/api.js";
import { announce, h } from "/modules/dom.js";
import { dayPlot, intervalPlot, percent, scaleOf } from "/modules/interval_plots.js";
import { keptForSession } from "/modules/storage.js";
import { count, counted } from "/modules/wording.js";

const KEY = "shopkeeper.key";
const RUNNING_MS = 3000;
const IDLE_MS = 30_000;
const KINDS = { ab: "A/B test", interleave: "Interleaving" };
const STATES = { running: "Running", done: "Done", failed: "Failed" };

const main = document.querySelector("#main");
/** The metric whose days are drawn, by experiment: kept while the page is drawn anew. */
const chosen = new Map();
let shown = "";

async function follow() {
  let wait = IDLE_MS;
  try {
    const answer = await experiments(keptForSession.getItem(KEY));
    show(answer);
    if (answer.experiments.some(({ state }) => state === "running")) wait = RUNNING_MS;
  } catch (error) {
    shown = "";
    if (error.status === 401) {
      askForKey(error);
      return;
    }
    page("trouble", h("section", { class: "notice", role: "alert" },
      h("h1", {}, "The experiments cannot be had"), h("p", {}, `${error.message}.`),
      h("p", { class: "quiet" }, "They are asked for again by themselves.")));
    if (!error.kind) throw error; // a bug of ours: the console should say so too
    wait = RUNNING_MS;
  }
  setTimeout(follow, wait);
}

function page(name, ...parts) {
  main.replaceChildren(h("div", { class: "column office" }, ...parts));
  main.dataset.page = name;
}

function askForKey({ message }) {
  const isWrong = keptForSession.getItem(KEY) !== null;
  keptForSession.removeItem(KEY);
  const field = h("input", { type: "password", autocomplete: "current-password", required: true,
    id: "key", "aria-describedby": "key-note" });
  const submit = (event) => {
    event.preventDefault();
    keptForSession.setItem(KEY, field.value.trim());
    follow();
  };
  page("key", h("section", { class: "notice" },
    h("h1", {}, "Experiments"),
    h("form", { class: "key", submit },
      h("label", { for: "key" }, "This server’s key"), field,
      h("button", { class: "primary", type: "submit" }, "Open")),
    h("p", { class: "quiet", id: "key-note", role: isWrong ? "alert" : null },
      isWrong ? `${message}.` : "One of those in SHOPKEEPER_API_KEY; this tab keeps it.")));
  field.focus();
}

/** What is the same as before is left as it stands. */
function show(answer) {
  const text = JSON.stringify(answer);
  if (text === shown) return;
  shown = text;
  draw(answer);
  const running = answer.experiments.filter(({ state }) => state === "running").length;
  announce(`${counted(answer.experiments.length, "experiment")}, ${running} running`);
}

function draw(answer) {
  const focused = main.contains(document.activeElement) && document.activeElement.dataset.key;
  const { experiments: found, unreadable } = answer;
  page("experiments",
    h("h1", {}, "Experiments"),
    !found.length && h("section", { class: "notice" },
      h("p", {}, "There are none yet. One is begun in the terminal:"),
      h("p", {}, h("code", {}, "shopkeeper experiment ab"))),
    found.map((each) => experiment(each, () => draw(answer))),
    unreadable.length > 0 && h("section", { class: "unreadable" },
      h("h2", {}, "Not readable"),
      h("ul", {}, unreadable.map(({ file, reason }) =>
        h("li", {}, h("code", {}, file), ` ${reason}`)))));
  if (focused) main.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function experiment(given, again) {
  const { name, kind, state, simulated, arms: [control, treated], note } = given;
  return h("article", { class: "experiment", "data-name": name, "data-state": state },
    h("header", {},
      h("h2", {}, name),
      h("p", { class: "tags" },
        h("span", { class: `state ${state}` }, STATES[state]),
        h("span", { class: "quiet" }, KINDS[kind]),
        simulated && h("span", { class: "tag" }, "Simulated"))),
    h("p", { class: "arms" }, h("b", {}, treated), " against ", h("b", {}, control)),
    note && h("p", { class: "quiet" }, note),
    progress(given),
    given.metrics.length > 0 && effects(given),
    given.series.length > 0 && days(given, again));
}

function progress({ days_done: done, days: all, state, updated_ms: updated }) {
  const when = new Date(updated).toLocaleString(document.documentElement.lang,
    { dateStyle: "medium", timeStyle: "short" });
  return h("p", { class: "progress" },
    h("progress", { value: done, max: all, "aria-label": "Days done" }),
    h("span", {}, `Day ${count(done)} of ${count(all)}`),
    h("span", { class: "quiet" }, state === "running" ? `as of ${when}` : `ended ${when}`));
}

/** Each metric with its interval; all of them on one scale. */
function effects({ metrics, kind, true_effects: truth }) {
  const scale = scaleOf(metrics, Object.values(truth ?? {}));
  const digits = kind === "interleave" ? asShare : figure;
  return h("table", { class: "effects" },
    h("caption", { class: "unseen" }, "Effect on each metric, with 95 % intervals"),
    h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, "Metric"),
      h("th", { scope: "col", class: "number arm" }, "Control"),
      h("th", { scope: "col", class: "number arm" }, "Treated"),
      h("th", { scope: "col", class: "number" }, kind === "ab" ? "Lift" : "Preference"),
      h("th", { scope: "col", class: "plot" }, "95 % interval",
        truth && h("span", { class: "key-mark" }, "truth")))),
    h("tbody", {}, metrics.map((metric) => h("tr", { "data-metric": metric.name },
      h("th", { scope: "row" }, metric.name,
        h("small", {}, verdict(metric))),
      h("td", { class: "number arm" }, digits(metric.control)),
      h("td", { class: "number arm" }, digits(metric.treated)),
      h("td", { class: "number" }, percent(metric.lift),
        metric.lift !== null && h("small", {}, `${percent(metric.low)} … ${percent(metric.high)}`)),
      h("td", { class: "plot" }, intervalPlot(metric, scale, truth?.[metric.name] ?? null))))));
}

function verdict({ lift, significant }) {
  if (lift === null) return "not known yet";
  if (!significant) return "no clear effect";
  return lift > 0 ? "clearly more" : "clearly less";
}

const figure = (value) => (value === null ? "–" : value.toPrecision(3));
const asShare = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

function days({ name, metrics, series, days: all, true_effects: truth }, again) {
  const names = [...new Set(series.map(({ metric }) => metric))];
  const metric = names.includes(chosen.get(name)) ? chosen.get(name)
    : names.find((each) => metrics[0]?.name === each) ?? names[0];
  const change = (event) => {
    chosen.set(name, event.target.value);
    again();
  };
  const points = series.filter((each) => each.metric === metric);
  return h("div", { class: "days" },
    h("label", {}, "Day by day",
      h("select", { change, "data-key": `days of ${name}` },
        names.map((each) => h("option", { value: each, selected: each === metric }, each)))),
    dayPlot(points, all, truth?.[metric] ?? null));
}

follow();
