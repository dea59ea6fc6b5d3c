/** How is it written? Numbers, prices, names of fields and values. */

const LANGUAGE = document.documentElement.lang || "en";
const number = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 2 });

export const count = (value) => number.format(value);

/** "1 result", "128 results". */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** "0.4 ms", "12 ms". */
export const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** An amount given in minor units (cents). */
export function money({ minor, currency }) {
  const format = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** The currency's sign, as in "$". */
export function sign(currency) {
  const format = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency });
  return format.formatToParts(0).find((part) => part.type === "currency").value;
}

const FIELDS = { in_stock: "Availability", sku: "Item number" };

/** "waterproof_mm" → "Waterproof mm", "weight (kg)" → "Weight (kg)". */
export function fieldName(field) {
  const words = FIELDS[field] ?? field.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A facet's or an attribute's value as a shopper reads it. */
export function valueName(field, value) {
  const text = String(value);
  if (field === "in_stock") return text === "true" ? "In stock" : "Out of stock";
  if (text === "true" || text === "false") return text === "true" ? "Yes" : "No";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "number" ? count(value) : text;
}

/** The last level of a category path "A > B > C". */
export const leaf = (path) => path.split(" > ").at(-1);

/** The text for the locale: its exact tag, then its language, then any. */
export function localised(texts = {}, locale = LANGUAGE) {
  const language = locale.split("-")[0];
  const related = Object.keys(texts).sort().find((tag) => tag.split("-")[0] === language);
  return texts[locale] ?? texts[related] ?? Object.values(texts)[0] ?? "";
}
