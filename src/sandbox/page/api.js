/** What the page asks of the sandbox, as its operator. */

/**
 * @typedef {object} Workspace
 * @property {string} id
 * @property {string} name
 * @property {string | null} role
 * @property {string} status
 * @property {Record<string, unknown> | null} agent_card
 * @property {number} active_tasks
 * @property {string} current_task
 * @property {string} last_sample_error
 */

/**
 * @typedef {object} Attachment
 * @property {string} uri
 * @property {string} name
 * @property {string} [mimeType]
 * @property {number} [size]
 */

/**
 * @typedef {object} StoredBubble
 * @property {"user" | "agent"} role
 * @property {string} content
 * @property {Attachment[]} [attachments]
 * @property {string} timestamp
 */

/**
 * @typedef {object} PlatformEvent
 * @property {string} type
 * @property {string} workspace_id
 * @property {number} timestamp
 * @property {any} data
 */

/** A lost event stream is opened again after so many milliseconds. */
const RECONNECT_MS = 1_000;

/** A request that was refused, in the sandbox's own words. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  /** @param {string} token */
  constructor(token) {
    this.token = token;
    /** @type {Map<string, Promise<string>>} */
    this.peerTokens = new Map();
  }

  /** @returns {Promise<Workspace[]>} */
  async workspaces() {
    return await (await this.ask("/workspaces")).json();
  }

  /**
   * @param {string} id
   * @returns {Promise<StoredBubble[]>}
   */
  async history(id) {
    return (await (await this.ask(`/workspaces/${id}/chat-history`)).json())
      .messages;
  }

  /**
   * Posts an envelope as the person.
   *
   * @param {string} id
   * @param {string} query
   * @param {unknown} envelope
   */
  async send(id, query, envelope) {
    const answer = await this.ask(`/workspaces/${id}/a2a${query}`, {
      method: "POST",
      body: JSON.stringify(envelope),
    });
    return await answer.json();
  }

  /**
   * Posts an envelope as another workspace, with a token of its own: the sandbox's rules for peers hold.
   *
   * @param {string} from
   * @param {string} to
   * @param {unknown} envelope
   */
  async sendAs(from, to, envelope) {
    const post = async () =>
      await this.ask(`/workspaces/${to}/a2a`, {
        method: "POST",
        body: JSON.stringify(envelope),
      }, await this.peerToken(from));
    try {
      await post();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      // Somebody rotated that workspace's tokens.
      this.peerTokens.delete(from);
      await post();
    }
  }

  /**
   * @param {string} id
   * @param {readonly File[]} files
   * @returns {Promise<Attachment[]>}
   */
  async upload(id, files) {
    const body = new FormData();
    for (const file of files) body.append("files", file);
    const answer = await this.ask(`/workspaces/${id}/chat/uploads`, {
      method: "POST",
      body,
    });
    return (await answer.json()).files;
  }

  /**
   * The bytes of a file; undefined where its address is none of the platform's own.
   *
   * @param {string} uri
   * @returns {Promise<Blob | undefined>}
   */
  async download(uri) {
    const match = /^platform-pending:([0-9a-f-]+)\/([0-9a-f-]+)$/.exec(uri);
    if (match === null) return undefined;
    const [, id, file] = match;
    const path = `/workspaces/${id}/pending-uploads/${file}/content`;
    return await (await this.ask(path)).blob();
  }

  /**
   * Hands on every event until the token is refused; `opened` runs each time that the stream was opened.
   *
   * @param {(event: PlatformEvent) => void} onEvent
   * @param {(isOpen: boolean) => void} opened
   */
  async events(onEvent, opened) {
    for (;;) {
      try {
        const { body } = await this.ask("/events/stream");
        if (body === null) throw new Error("The event stream has no body");
        opened(true);
        await readEvents(body, onEvent);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) throw error;
      }
      opened(false);
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  /**
   * @param {string} id
   * @returns {Promise<string>}
   */
  peerToken(id) {
    const known = this.peerTokens.get(id);
    if (known !== undefined) return known;
    const minted = this.ask(`/workspaces/${id}/tokens`, { method: "POST" })
      .then((answer) => answer.json()).then((body) => body.auth_token);
    this.peerTokens.set(id, minted);
    return minted;
  }

  /**
   * @param {string} path
   * @param {RequestInit} [init]
   * @param {string} [token]
   */
  async ask(path, init = {}, token = this.token) {
    const answer = await fetch(path, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
      credentials: "omit",
      cache: "no-store",
    });
    if (answer.ok) return answer;
    const text = await answer.text();
    throw new ApiError(answer.status, errorIn(text) || answer.statusText);
  }
}

/** @param {string} text */
function errorIn(text) {
  try {
    return String(JSON.parse(text).error ?? "");
  } catch {
    return text;
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {(event: PlatformEvent) => void} onEvent
 */
async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  /** @type {string[]} */
  let pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // Joined only where an event ends: a large one comes in many pieces.
    pieces.push(value);
    if (!value.includes("\n")) continue;
    const blocks = pieces.join("").split("\n\n");
    pieces = [blocks.pop() ?? ""];
    for (const block of blocks) {
      if (block.startsWith("data: ")) onEvent(JSON.parse(block.slice(6)));
    }
  }
}
