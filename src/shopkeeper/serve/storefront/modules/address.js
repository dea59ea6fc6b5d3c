/** What does the address bar say? The whole state of the page, so that it can be shared. */

import { readClause, writeClause } from "/modules/clauses.js";

export const PAGE_SIZE = 24;

/**
 * A view: `product` and `sku` of the product page; else `q`, `filters`, `sort` and `page` (from 1)
 * of a list of results.
 */
export function readView(url) {
  const given = url.searchParams;
  return {
    product: given.get("product"),
    sku: given.get("sku"),
    q: given.get("q") ?? "",
    filters: given.getAll("filter").map(readClause).filter(Boolean),
    sort: given.get("sort") ?? "",
    page: Math.max(1, Number.parseInt(given.get("page") ?? "1", 10) || 1),
  };
}

/** A view from some of its parts. */
export const viewOf = (parts = {}) => ({
  product: null, sku: null, q: "", filters: [], sort: "", page: 1, ...parts,
});

/** The address of a view, given whole or in parts. */
export function address(parts) {
  const view = viewOf(parts);
  const words = new URLSearchParams();
  if (view.product) {
    words.set("product", view.product);
    if (view.sku) words.set("sku", view.sku);
  } else {
    if (view.q.trim()) words.set("q", view.q);
    for (const clause of view.filters) words.append("filter", writeClause(clause));
    if (view.sort) words.set("sort", view.sort);
    if (view.page > 1) words.set("page", view.page);
  }
  // These are legal in a query, and read better as they are.
  const legal = { "%3A": ":", "%7C": "|", "%2C": "," };
  const text = words.toString().replace(/%(3A|7C|2C)/g, (code) => legal[code]);
  return text ? `/?${text}` : "/";
}

/** The API's parameters for a list of results. */
export function searchParameters(view, size = PAGE_SIZE) {
  const words = new URLSearchParams();
  if (view.q.trim()) words.set("q", view.q);
  for (const clause of view.filters) words.append("filter", writeClause(clause));
  if (view.sort) words.set("sort", view.sort);
  words.set("offset", (view.page - 1) * PAGE_SIZE);
  words.set("size", size);
  return words;
}

/** Nothing asked: the front of the shop. */
export const isFront = (view) =>
  !view.product && !view.q.trim() && !view.filters.length && !view.sort && view.page === 1;
