/** What this browser remembers: the token while its tab lives, and which conversation each workspace is in. */

const TOKEN = "molecule-sandbox-token";
const SELECTED = "molecule-sandbox-workspace";

/**
 * The token of the address, which is then removed from the address bar, or else the one that this tab had.
 *
 * @returns {string}
 */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    keepToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN) ?? "";
}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

export function forgetToken() {
  sessionStorage.removeItem(TOKEN);
}

/** @returns {string | null} */
export function selectedWorkspace() {
  return sessionStorage.getItem(SELECTED);
}

/** @param {string} id */
export function rememberSelected(id) {
  sessionStorage.setItem(SELECTED, id);
}

/**
 * The conversation on the newer platform: this browser's alone, so that another one is still in the first.
 *
 * @param {string} id
 * @returns {string}
 */
export function contextOf(id) {
  return localStorage.getItem(`molecule-session:${id}`) ?? `canvas-${id}`;
}

/** @param {string} id */
export function beginContext(id) {
  const context = `sess-${id}-${crypto.randomUUID()}`;
  localStorage.setItem(`molecule-session:${id}`, context);
}

/**
 * Since when bubbles belong to the conversation on the older platform, in milliseconds since 1970.
 *
 * @param {string} id
 * @returns {number}
 */
export function historySince(id) {
  return Number(localStorage.getItem(`molecule-history:${id}`) ?? 0);
}

/**
 * @param {string} id
 * @param {number} since
 */
export function beginHistory(id, since) {
  localStorage.setItem(`molecule-history:${id}`, String(since));
}
