/** One workspace's chat: what the person does in it, and what happens to it. */
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { dotClass, isLocked, statusText } from "./list.js";
import {
  beginContext,
  beginHistory,
  contextOf,
  historySince,
} from "./memory.js";
import { WaitingView } from "./waiting_view.js";

/**
 * @typedef {import("./api.js").Workspace} Workspace
 * @typedef {import("./api.js").PlatformEvent} PlatformEvent
 */

/** The generation that names no conversations and sends the last bubbles along. */
export const OLDER = "2026-06-28";

/** The generation that does. */
export const NEWER = "2026-08-14";

/** So many bubbles the older one sends along. */
const HISTORY_BUBBLES = 20;

/** The older one gives an agent so long to end everything after its Stop. */
const STOP_ALL_MS = 8_000;

export class Room {
  /**
   * @param {import("./api.js").Api} api
   * @param {boolean} isOlder
   * @param {(id: string) => string} names
   */
  constructor(api, isOlder, names) {
    this.api = api;
    this.isOlder = isOlder;
    this.names = names;
    this.chat = new Chat((uri) => api.download(uri));
    this.waiting = new WaitingView((change) => this.chat.keepAtEnd(change));
    this.composer = new Composer((draft) => this.send(draft));
    this.stopButton = byId("stop", HTMLButtonElement);
    this.stopButton.textContent = isOlder ? "Stop All" : "Stop";
    this.stopButton.addEventListener("click", () => void this.stop());
    byId("new-session", HTMLButtonElement)
      .addEventListener("click", () => this.newSession());
    /** @type {Workspace | undefined} */
    this.workspace = undefined;
    /** @type {Set<string>} */
    this.seen = new Set();
    /** @type {PlatformEvent[] | undefined} */
    this.early = undefined;
  }

  /**
   * Opens the chat of a workspace, as a reload does: its box is lost, whatever was in it.
   *
   * @param {Workspace} workspace
   */
  async open(workspace) {
    this.workspace = workspace;
    this.seen.clear();
    this.composer.open();
    this.update(workspace);
    this.waiting.happened({ type: "reset", task: workspace.current_task });
    /** @type {PlatformEvent[]} */
    const early = [];
    this.early = early;
    const stored = await this.api.history(workspace.id);
    if (this.early !== early) return;
    this.early = undefined;
    const bubbles = stored.map(({ role, content, attachments, timestamp }) => ({
      role,
      text: content,
      attachments: attachments ?? [],
      at: Date.parse(timestamp),
    }));
    this.chat.show(workspace.name, bubbles);
    const last = bubbles.at(-1)?.at ?? 0;
    for (const event of early) {
      if (event.timestamp > last) this.happened(event);
    }
  }

  /**
   * Shows what has changed about the workspace itself.
   *
   * @param {Workspace} workspace
   */
  update(workspace) {
    this.workspace = workspace;
    byId("chat-name", HTMLElement).textContent = workspace.name;
    byId("chat-dot", HTMLElement).className = dotClass(workspace);
    byId("chat-status", HTMLElement).textContent = statusText(workspace);
    document.title = `${workspace.name} · Molecule sandbox`;
    const isAway = isLocked(workspace);
    this.composer.lock(
      isAway
        ? `${workspace.name} is ${
          statusText(workspace)
        }: the chat opens when its agent is back.`
        : "",
    );
    this.stopButton.hidden = this.isOlder && workspace.active_tasks === 0;
    this.stopButton.disabled = isAway;
  }

  /** @param {PlatformEvent} event */
  happened(event) {
    const { workspace } = this;
    if (workspace === undefined) return;
    if (event.type === "ACTIVITY_LOGGED") this.logged(workspace, event);
    if (event.workspace_id !== workspace.id) return;
    const { type, data, timestamp } = event;
    const isBubble = type === "AGENT_MESSAGE" || type === "USER_MESSAGE";
    if (isBubble && this.early !== undefined) this.early.push(event);
    else if (type === "AGENT_MESSAGE") {
      this.chat.add({
        role: "agent",
        text: data.message,
        attachments: data.attachments ?? [],
        at: timestamp,
      });
      this.waiting.happened({ type: "notify" });
    } else if (type === "USER_MESSAGE" && this.isNew(data.message_id)) {
      this.chat.add({
        role: "user",
        text: data.content,
        attachments: data.attachments ?? [],
        at: timestamp,
      });
    } else if (type === "TASK_UPDATED") {
      const task = String(data.current_task ?? "");
      this.waiting.happened({ type: "task", task, at: Date.now() });
    }
  }

  /**
   * @param {Workspace} workspace
   * @param {PlatformEvent} event
   */
  logged(workspace, { data, workspace_id, timestamp }) {
    if (workspace_id === workspace.id && data.request_body === undefined) {
      this.waiting.happened({
        type: "activity",
        activity: data,
        workspaceId: workspace.id,
        names: this.names,
      });
    }
    const from = data.source_id;
    const isPeers = data.method === "message/send" && from !== null &&
      from !== workspace_id && data.message_id !== undefined;
    const isHere = from === workspace.id || workspace_id === workspace.id;
    if (!isPeers || !isHere || !this.isNew(data.message_id)) return;
    const title = `${this.names(from)} → ${this.names(workspace_id)}`;
    const parts = data.request_body?.params?.message?.parts ?? [];
    const text = parts.map((/** @type {any} */ part) => part.text ?? "").join(
      "\n",
    );
    this.chat.addPeer(title, text, timestamp);
  }

  /**
   * Whether a message is not shown yet: its event comes twice.
   *
   * @param {string} messageId
   */
  isNew(messageId) {
    if (this.seen.has(messageId)) return false;
    this.seen.add(messageId);
    return true;
  }

  /** @param {import("./composer.js").Draft} draft */
  async send({ text, files, as }) {
    const { workspace } = this;
    if (workspace === undefined) return;
    if (as !== "") {
      const envelope = envelopeOf({ text, files: [] });
      await this.api.sendAs(as, workspace.id, envelope);
      return;
    }
    const uploaded = files.length === 0
      ? []
      : await this.api.upload(workspace.id, files);
    // Who went to another agent meanwhile does not see it go: it is not sent.
    if (this.workspace?.id !== workspace.id) return;
    const envelope = envelopeOf({ text, files: uploaded });
    const { message } = envelope.params;
    if (this.isOlder) {
      envelope.params.metadata = { history: this.history(workspace.id) };
    } else message.contextId = contextOf(workspace.id);
    this.seen.add(message.messageId);
    const bubble = /** @type {const} */ ({
      role: "user",
      text,
      attachments: uploaded,
      at: Date.now(),
    });
    this.chat.follows = true;
    this.chat.add(bubble);
    this.waiting.happened({ type: "sent", at: Date.now() });
    try {
      const answer = await this.api.send(workspace.id, this.query(), envelope);
      this.answered(workspace.id, answer);
    } catch (error) {
      this.chat.takeBack(bubble);
      this.waiting.happened({ type: "unsent" });
      throw error;
    }
  }

  /**
   * A workspace that is pushed to answers in the call itself.
   *
   * @param {string} id
   * @param {any} answer
   */
  answered(id, answer) {
    const parts = answer?.result?.parts;
    if (!Array.isArray(parts) || this.workspace?.id !== id) return;
    const text = parts.map((part) => part?.text ?? "").join("\n");
    this.chat.add({ role: "agent", text, attachments: [], at: Date.now() });
    this.waiting.happened({ type: "notify" });
  }

  /** The row has no message and no task id: it means everything of the person's. */
  async stop() {
    const { workspace } = this;
    if (workspace === undefined) return;
    try {
      await this.api.send(workspace.id, this.query(), {
        jsonrpc: "2.0",
        id: crypto.randomUUID(),
        method: "tasks/cancel",
        params: {},
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.composer.say(`Not stopped: ${why}`);
      return;
    }
    if (this.isOlder) {
      setTimeout(() => this.lookAfterStop(workspace.id), STOP_ALL_MS);
    }
  }

  /** @param {string} id */
  lookAfterStop(id) {
    const { workspace } = this;
    if (workspace?.id !== id || workspace.active_tasks === 0) return;
    this.chat.addDivider(
      "Still at work 8 s after Stop All: the platform would restart the agent now",
    );
  }

  newSession() {
    const { workspace } = this;
    if (workspace === undefined) return;
    if (this.isOlder) beginHistory(workspace.id, Date.now());
    else beginContext(workspace.id);
    this.chat.addDivider("New session");
    this.composer.text.focus();
  }

  /**
   * The last bubbles, as the older platform sends them along; the message itself is not among them.
   *
   * @param {string} id
   */
  history(id) {
    const since = historySince(id);
    return this.chat.bubbles.filter(({ at }) => at > since)
      .slice(-HISTORY_BUBBLES)
      .map(({ role, text }) => ({ role, parts: [{ kind: "text", text }] }));
  }

  query() {
    return this.isOlder ? `?generation=${OLDER}` : "";
  }
}

/**
 * @param {{ text: string, files: readonly import("./api.js").Attachment[] }} content
 * @returns {{ jsonrpc: string, id: string, method: string, params: { metadata?: unknown, message: { role: string, messageId: string, contextId?: string, parts: unknown[] } } }}
 */
function envelopeOf({ text, files }) {
  // A message of files only has no text part at all.
  const parts = [
    ...(text === "" ? [] : [{ kind: "text", text }]),
    ...files.map(({ name, mimeType, uri, size }) => ({
      kind: "file",
      file: { name, mimeType, uri, size },
    })),
  ];
  const messageId = crypto.randomUUID();
  return {
    jsonrpc: "2.0",
    id: crypto.randomUUID(),
    method: "message/send",
    params: { message: { role: "user", messageId, parts } },
  };
}
