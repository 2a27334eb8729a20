/** Where a server that speaks OpenAI's API takes chats. */

const CHAT = "/chat/completions";

/**
 * The address for chats under `base`: with or without its version (`https://host/v1`, `http://127.0.0.1:11434`), or
 * the whole address already. A query is kept.
 */
export function chatUrl(base: URL): URL {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith(CHAT)) return url;
  url.pathname = `${
    /\/v\d+[a-z0-9]*$/.test(path) ? path : `${path}/v1`
  }${CHAT}`;
  return url;
}

/** The address of the list of models, which costs nothing to ask for. */
export function modelsUrl(base: URL): URL {
  const url = chatUrl(base);
  url.pathname = `${url.pathname.slice(0, -CHAT.length)}/models`;
  return url;
}
