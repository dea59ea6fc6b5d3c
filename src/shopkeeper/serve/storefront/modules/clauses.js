/** Which products may be shown? Filters, in the API's own short text: `brand:Acme|Zed`. */

/** Reads `field:a|b`, `-field:a|b`, `field:10..20`; null for what is none of these. */
export function readClause(text) {
  const negated = text.startsWith("-");
  const [, field, value] = /^-?([^:]+):(.+)$/s.exec(text) ?? [];
  if (!field) return null;
  const range = /^(-?[\d.]*(?:e[+-]?\d+)?)\.\.(-?[\d.]*(?:e[+-]?\d+)?)$/.exec(value);
  if (range && !negated && (range[1] || range[2])) {
    const [low, high] = range.slice(1).map((end) => (end === "" ? null : Number(end)));
    if (!Number.isNaN(low) && !Number.isNaN(high)) return { field, low, high };
  }
  return { field, negated, values: split(value).filter(Boolean) };
}

export function writeClause({ field, negated, values, low, high }) {
  if (values) return `${negated ? "-" : ""}${field}:${values.map(asWritten).join("|")}`;
  return `${field}:${low ?? ""}..${high ?? ""}`;
}

/** The values that are ticked in the field's facet. */
export function ticked(clauses, field) {
  return clauses.find((c) => c.field === field && c.values && !c.negated)?.values ?? [];
}

export const rangeOf = (clauses, field) => clauses.find((c) => c.field === field && !c.values);

/** The clauses with the field's ticked values replaced; no value takes the clause away. */
export function withTicked(clauses, field, values) {
  const rest = clauses.filter((c) => !(c.field === field && c.values && !c.negated));
  return values.length ? [...rest, { field, negated: false, values }] : rest;
}

/** The clauses with the field's range replaced; two open ends take it away. */
export function withRange(clauses, field, low, high) {
  const rest = clauses.filter((c) => !(c.field === field && !c.values));
  if (low === null && high === null) return rest;
  const turned = low !== null && high !== null && low > high;
  return [...rest, turned ? { field, low: high, high: low } : { field, low, high }];
}

/** What would be read as a range, or loses its white space, cannot be asked for by its text. */
export const canBeAsked = (value) =>
  value.trim() === value && readClause(`f:${value}`)?.values !== undefined;

const asWritten = (value) => value.replace(/[\\|]/g, "\\$&");

/** The values between bars; a bar or a backslash behind a backslash is part of a value. */
function split(text) {
  const values = [""];
  for (const [piece, escaped] of text.matchAll(/\\([\\|])|[^]/g)) {
    if (piece === "|") values.push("");
    else values[values.length - 1] += escaped ?? piece;
  }
  return values;
}
