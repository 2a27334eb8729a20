/** Mistakes, planted one at a time into a copy of the sources: each must break a promise in some simulation. */

/** A mistake: `find`, which stands in `file` exactly once, becomes `replace`. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What must be noticed. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a file is renamed before its content is synced",
    file: "src/os/files.ts",
    find: `      await file.syncData();
    }
    reached("file synced");`,
    replace: `    }
    reached("file synced");`,
  },
  {
    name: "the cursor is saved before the reply is",
    file: "src/delivery/handler.ts",
    find:
      `saveAnswer(this.#options, delivery, "reply", parts, metadata, note);`,
    replace: `void this.#options.journal.commit().then(() => {
        saveAnswer(this.#options, delivery, "reply", parts, metadata, note);
        return this.#options.journal.commit();
      }).then(replySaved);`,
  },
  {
    name: "an empty answer leaves a person waiting",
    file: "src/delivery/outgoing.ts",
    find: "return withNote(isData ? ONLY_DATA : NOTHING_TO_SAY, note);",
    replace: `return isData ? ONLY_DATA : "";`,
  },
  {
    name: "a row that was handled is taken in again",
    file: "src/delivery/intake.ts",
    find: "const isNew = !done && !dispatcher.has(row.id);",
    replace: "const isNew = !dispatcher.has(row.id);",
  },
  {
    name: "a message that came twice is handled twice",
    file: "src/delivery/intake.ts",
    find: "if (journal.handled.hasKey(key) || dispatcher.hasKey(key)) {",
    replace: "if (key === undefined) {",
  },
  {
    name: "one cursor is trusted: reads begin at the newest row only",
    file: "src/feed/bases.ts",
    find: "const from = this.#farDueAt() <= now",
    replace: "const from = now >= 0 ? this.#head : this.#farDueAt() <= now",
  },
  {
    name: "a 429 is ignored",
    file: "src/platform/pace.ts",
    find: "if (status === 429) {",
    replace: "if (status === 429 && retryAfterMs < 0) {",
  },
  {
    name:
      "the lane is forgotten: messages of a conversation run beside each other",
    file: "src/delivery/delivery.ts",
    find: "lane: digest([origin, sender, message.contextId]),",
    replace: "lane: digest([origin, sender, message.contextId, row.id]),",
  },
  {
    name: "a notify of unknown outcome is repeated blindly",
    file: "src/delivery/person_route.ts",
    find: `return found ? "arrived" : "repeat";`,
    replace: `return "repeat";`,
  },
  {
    name:
      "an answer of unknown outcome is repeated to a peer that is pushed to",
    file: "src/delivery/peer_route.ts",
    find: `return "perhaps";`,
    replace: `return "repeat";`,
  },
  {
    name: "a turn begins before its attempt is saved",
    file: "src/delivery/handler.ts",
    find: `    await journal.commit();
    reached("attempt saved");`,
    replace: `    reached("attempt saved");`,
  },
  {
    name: "the settled row goes beyond the near base",
    file: "src/state/cursor.ts",
    find: "end = Math.min(end, near);",
    replace: "end = Math.max(end, near - near);",
  },
  {
    name: "the cursor passes rows that are not finished",
    file: "src/state/cursor.ts",
    find: "while (this.#entries[this.#prefix]?.finished) this.#prefix++;",
    replace:
      "while (this.#entries[this.#prefix] !== undefined) this.#prefix++;",
  },
  {
    name: "a repeated answer has another id",
    file: "src/delivery/attempt.ts",
    find: "messageSend({ id, contextId, taskId, parts, metadata }),",
    replace:
      "messageSend({ id: crypto.randomUUID(), contextId, taskId, parts, metadata }),",
  },
  {
    name: "an answer is forgotten before it is sent",
    file: "src/delivery/posting.ts",
    find: "const outcome = await route.send(entry, parts, cut, begin);",
    replace: `const outcome = await route.send(entry, parts, cut, async () => {
      await begin();
      journal.removeReply(entry);
      await journal.commit();
    });`,
  },
  {
    name: "an answer is sent before it is saved",
    file: "src/delivery/outbox.ts",
    find: "journal.isSaved(entry)",
    replace: "journal.isSaved(entry) || true",
  },
  {
    name: "an attempt to show a bubble is not marked",
    file: "src/delivery/person_route.ts",
    find: `marks(): boolean {
    return true;`,
    replace: `marks(): boolean {
    return false;`,
  },
  {
    name: "an echo is looked for at once",
    file: "src/delivery/person_route.ts",
    find: "return Math.max(0, ended + this.#echoAfterMs - performance.now());",
    replace: "return Math.max(0, ended - performance.now());",
  },
  {
    name: "a refusal ends the reading",
    file: "src/feed/poll_loop.ts",
    find:
      "!(error instanceof TransientError || error instanceof PermanentError)",
    replace: "!(error instanceof TransientError)",
  },
  {
    name: "a directory is not synced after a rename",
    file: "src/os/files.ts",
    find: `  await syncDir(dirname(path));
  reached("directory synced");`,
    replace: `  reached("directory synced");`,
  },
  {
    name: "a session that had an answer is not marked",
    file: "src/delivery/handler.ts",
    find: "await session.answered();",
    replace: "",
  },
  {
    name: "a conversation gets another session",
    file: "src/delivery/sessions.ts",
    find: `"session", journal.epochs.of(lane)`,
    replace: `"session", Math.floor(performance.now() / 60_000)`,
  },
  {
    name: "what a session keeps is called kept before it is written",
    file: "src/delivery/sessions.ts",
    find: `    this.#record = { ...this.#record, kept: text };
    await this.#files`,
    replace: `    this.#record = { ...this.#record, kept: text };
    void this.#files`,
  },
  {
    name: "that a sender was told to wait is forgotten at a crash",
    file: "src/state/journal.ts",
    find: "Object.entries(state.told ?? {}).filter(",
    replace: "Object.entries({} as Record<string, number>).filter(",
  },
  {
    name: "the newest Stop is forgotten at a restart",
    file: "src/state/journal.ts",
    find: "this.stop = state.stop;",
    replace: "this.stop = undefined;",
  },
  {
    name: "a message from before a Stop begins all the same",
    file: "src/delivery/stops.ts",
    find: "return order === undefined ? isReadLater : order > 0;",
    replace: "return order === undefined ? isReadLater : isReadLater;",
  },
  {
    name: "a Stop ends messages without a word",
    file: "src/delivery/stops.ts",
    find: "if (told) this.#tell(",
    replace: "if (!told) this.#tell(",
  },
  {
    name: "heartbeats tell of turns that are over",
    file: "src/presence/presence.ts",
    find: `        this.#handled.delete(handling);
`,
    replace: "",
  },
];
