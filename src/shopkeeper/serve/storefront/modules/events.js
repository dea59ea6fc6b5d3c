/** What did the shopper do? OpenSearch UBI events, sent only with the shopper's leave. */

import { sendEvents } from "/modules/api.js";
import { identity } from "/modules/privacy.js";

const SETTLED_MS = 500;
/** A page that is gone sooner was typed past, not looked at. */

let isRefused = false;
let waiting;

/** The products of a page of results, once it has stood for a moment. */
export function sawPage(answer) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    report(answer.hits.map((hit, place) => event("impression", {
      queryId: answer.query_id, id: hit.id, sku: hit.sku, position: place,
    })));
  }, SETTLED_MS);
}

/** `from`: where it was seen: {queryId, id, sku, position}; position counts from 0 on the page. */
export const clicked = (from) => report([event("click", from)]);

export const addedToCart = (from) => report([event("add_to_cart", from)]);

/** UBI's ordinal is "the nth", so it counts from 1. */
function event(action, { queryId, id, sku, position }) {
  return {
    action_name: action,
    timestamp: new Date().toISOString(),
    ...(queryId && { query_id: queryId }),
    event_attributes: {
      object: { object_id: id, object_id_field: "product_id", ...(sku && { sku }) },
      ...(position !== undefined && { position: { ordinal: position + 1 } }),
    },
  };
}

async function report(events) {
  const ids = identity();
  if (!ids || !events.length || isRefused) return;
  const who = {
    client_id: ids.client, session_id: ids.session, consent: true, application: "storefront",
  };
  try {
    await sendEvents(events.map((each) => ({ ...each, ...who })));
  } catch (error) {
    // A server beyond this machine may want a key for events; a shopper has none.
    isRefused = error.kind === "refused";
  }
}
