/** What may be kept in this browser? Where it keeps nothing for this site, until the tab closes. */

export const kept = opened("localStorage");
export const keptForSession = opened("sessionStorage");

function opened(name) {
  try {
    return window[name];
  } catch {
    return inMemory(new Map());
  }
}

function inMemory(values) {
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
}
