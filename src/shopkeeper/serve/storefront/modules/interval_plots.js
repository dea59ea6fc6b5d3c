/** What does an interval look like? A dot between its ends; over days, a line in its band. */

import { h, svg } from "/modules/dom.js";

const LEAST = 0.01;
/** A scale is at least this wide to both sides: noise of less than one per cent looks like none. */

/** "+6.5 %", "−0.3 %"; "–" for what is not known. */
export function percent(value) {
  if (value === null) return "–";
  if (value === 0) return "0 %";
  const digits = Math.abs(value) < 0.0995 ? 1 : 0;
  return `${value < 0 ? "−" : "+"}${(100 * Math.abs(value)).toFixed(digits)} %`;
}

/** How far a scale around 0 reaches, so that all that is known fits. */
export function scaleOf(effects, truths = []) {
  const ends = effects.flatMap(({ low, high }) => [low, high]).filter((end) => end !== null);
  return 1.08 * Math.max(LEAST, ...[...ends, ...truths].map(Math.abs));
}

/** One effect on a scale −reach … reach; a hollow mark stands at the truth, where it is known. */
export function intervalPlot({ name, lift, low, high, significant }, reach, truth) {
  const place = (value) => `${50 + (50 * value) / reach}%`;
  const at = (className, value) => {
    const mark = h("span", { class: className });
    mark.style.left = place(value);
    return mark;
  };
  const words = lift === null ? "not known yet"
    : `${percent(lift)}, from ${percent(low)} to ${percent(high)}`;
  const known = truth === null ? "" : `; in truth ${percent(truth)}`;
  const line = h("span", { class: "interval" });
  if (lift !== null) {
    line.style.left = place(low);
    line.style.width = `${(50 * (high - low)) / reach}%`;
  }
  const tone = !significant ? "" : lift > 0 ? " more" : " less";
  return h("div", { class: `interval-plot${tone}`, role: "img",
    "aria-label": `${name}: ${words}${known}`, title: `${words}${known}` },
    h("span", { class: "zero" }),
    lift !== null && [line, at("dot", lift)],
    truth !== null && at("true-mark", truth));
}

/** The lift as it was known day by day, within its interval; a dashed line at the truth. */
export function dayPlot(points, days, truth) {
  const known = points.filter(({ lift }) => lift !== null);
  if (!known.length) return h("p", { class: "quiet" }, "Nothing is known yet.");
  const ends = known.flatMap(({ low, high }) => [low, high]);
  const top = 1.05 * Math.max(LEAST, ...ends, truth ?? 0);
  const bottom = 1.05 * Math.min(-LEAST, ...ends, truth ?? 0);
  const x = (day) => (days > 1 ? (100 * (day - 1)) / (days - 1) : 50).toFixed(2);
  const y = (value) => ((100 * (top - value)) / (top - bottom)).toFixed(2);
  const path = (key) => known.map((each) => `${x(each.day)},${y(each[key])}`);
  const band = [...path("high"), ...path("low").reverse()].join(" ");
  const last = known.at(-1);
  const level = (value, className) => svg("line", { class: className,
    x1: 0, x2: 100, y1: y(value), y2: y(value) });
  const words = `Lift by day: after day ${last.day} ${percent(last.lift)}, from ${
    percent(last.low)} to ${percent(last.high)}`;
  return h("figure", { class: "day-plot" },
    h("div", { class: "plot-area" },
      svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img",
        "aria-label": words },
        svg("polygon", { class: "band", points: band }),
        level(0, "zero"),
        truth !== null && level(truth, "true-line"),
        svg("polyline", { class: "line", points: path("lift").join(" ") })),
      [top / 1.05, 0, bottom / 1.05].map((value) => tick(percent(value), y(value))),
      dot(x(last.day), y(last.lift))),
    h("p", { class: "axis", "aria-hidden": "true" },
      h("span", {}, "Day 1"), h("span", {}, `Day ${days}`)),
    h("figcaption", { class: "legend" },
      h("span", { class: "key-line" }, "lift"), h("span", { class: "key-band" }, "95 % interval"),
      truth !== null && h("span", { class: "key-true" }, `truth, ${percent(truth)}`)));
}

function tick(text, place) {
  const label = h("span", { class: "tick", "aria-hidden": "true" }, text);
  label.style.top = `${place}%`;
  return label;
}

function dot(left, top) {
  const mark = h("span", { class: "dot" });
  mark.style.left = `${left}%`;
  mark.style.top = `${top}%`;
  return mark;
}
