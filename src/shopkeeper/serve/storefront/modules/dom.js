/** What may stand on the page? Elements whose text is text: nothing here reads HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Children are elements or text; null and false leave no trace.
 *
 * Properties become attributes; functions listen to the event they are named after; `href` and
 * `src` are left out unless they are safe.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
      continue;
    }
    const given = name === "href" ? safeLink(value) : name === "src" ? safePicture(value) : value;
    if (given === true) element.setAttribute(name, "");
    else if (given !== null && given !== undefined && given !== false) {
      element.setAttribute(name, given);
    }
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

/** A shape of a drawing, by its presentation attributes and classes. */
export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children.flat().filter(Boolean));
  return element;
}

/** A symbol of icons.svg, for the eye only. */
export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" },
  svg("use", { href: `/icons.svg#${name}` }));

/** The address if a click may follow it, otherwise null. */
export function safeLink(address) {
  const url = parsed(address);
  return url && ["https:", "http:"].includes(url.protocol) ? url.href : null;
}

/** The address if a picture may come from it: this server, or another one over TLS. */
export function safePicture(address) {
  const url = parsed(address);
  if (!url) return null;
  return url.protocol === "https:" || url.origin === location.origin ? url.href : null;
}

/** Tells those who cannot see the page what changed on it. */
export function announce(text) {
  document.querySelector("[data-announce]").textContent = text;
}

/** A note that goes away by itself. */
export function toast(text) {
  const note = h("p", { class: "toast" }, text);
  document.querySelector("[data-toasts]").replaceChildren(note);
  setTimeout(() => note.remove(), 4000);
}

function parsed(address) {
  try {
    return new URL(address, location.origin);
  } catch {
    return null;
  }
}
