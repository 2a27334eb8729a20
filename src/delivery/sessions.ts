/** The session of a turn: which one it is, what is known of it, and what the back end may keep of it. */
import { createHash } from "node:crypto";
import type { Session } from "../backends/backend.ts";
import { checkKept } from "../backends/kept.ts";
import type { Journal } from "../state/journal.ts";
import type { SessionFiles, SessionRecord } from "../state/session_files.ts";
import { uuidV5 } from "../uuid.ts";
import type { Delivery } from "./delivery.ts";
import { derivedId } from "./ids.ts";

/** What sessions need. */
export interface SessionsOptions {
  readonly workspaceId: string;
  /** The name of the back end, which does not get what another one kept. */
  readonly backend: string;
  readonly journal: Journal;
  readonly files: SessionFiles;
}

/** A short name of who sent a message: the state has one for each conversation that began anew. */
function senderName({ origin, callerId }: Delivery["message"]): string {
  return createHash("sha256").update(`${origin} ${callerId}`)
    .digest("base64url").slice(0, 8);
}

/** The sessions of one workspace's conversations. */
export class Sessions {
  readonly #options: SessionsOptions;

  /** Nothing is read yet. */
  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  #idOf(lane: string): string {
    const { workspaceId, journal } = this.#options;
    return derivedId(workspaceId, lane, "session", journal.epochs.of(lane));
  }

  /** Opens the session of the conversation `lane` for a turn. */
  async open(lane: string): Promise<OpenSession> {
    const { journal, files, backend } = this.#options;
    journal.epochs.used(lane, Date.now());
    const id = this.#idOf(lane);
    const name = uuidV5(id, backend);
    return new OpenSession(id, name, files, await files.read(name));
  }

  /**
   * The conversation of a message leaves its session and begins another one. Counts with the next commit; what it returns
   * removes what was kept of the old one, after that.
   */
  begin({ lane, message }: Pick<Delivery, "lane" | "message">): () => Promise<
    void
  > {
    const { journal, files, backend } = this.#options;
    const name = uuidV5(this.#idOf(lane), backend);
    journal.epochs.begin(lane, Date.now(), senderName(message));
    return () => files.remove(name);
  }
}

/** A session as one turn has it. */
export class OpenSession {
  /** What the back end is given. */
  readonly session: Session;
  readonly #name: string;
  readonly #files: SessionFiles;
  #record: SessionRecord;
  #ended = false;

  /** `record` is what stands in the file `name`. */
  constructor(
    id: string,
    name: string,
    files: SessionFiles,
    record: SessionRecord,
  ) {
    this.#name = name;
    this.#files = files;
    this.#record = record;
    this.session = {
      id,
      fresh: !record.answered,
      kept: record.kept,
      keep: (text) => this.#keep(text),
    };
  }

  async #keep(text: string): Promise<void> {
    checkKept(text);
    if (this.#ended) {
      throw new Error("The turn has ended: it can keep nothing any more");
    }
    this.#record = { ...this.#record, kept: text };
    await this.#files.write(this.#name, this.#record);
  }

  /** The turn has ended: what its back end still does must not reach the turns after it. */
  end(): void {
    this.#ended = true;
  }

  /** A message of the session was answered. */
  async answered(): Promise<void> {
    if (this.#record.answered && !this.#files.isStale(this.#name)) return;
    this.#record = { ...this.#record, answered: true };
    await this.#files.write(this.#name, this.#record);
  }
}
