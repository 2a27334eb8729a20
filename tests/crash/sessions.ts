/** What must hold of sessions after kills: a conversation stays in its own, and in it sees its own texts, in order. */
import { assert, assertEquals } from "@std/assert";
import type { Life } from "./life.ts";
import { RESET } from "./script.ts";
import type { Sent } from "./sent.ts";

/** Checks every turn of every life. */
export function verifySessions(
  sent: readonly Sent[],
  lives: readonly Life[],
): void {
  const conversationOf = new Map(
    sent.map(({ row, from, context }) => [row, `${from} ${context}`]),
  );
  const answered = new Set(
    lives.flatMap((life) => life.all("answered")).map((told) =>
      told.activityId
    ),
  );
  const turns = lives.flatMap((life) => life.all("asked"));
  const byConversation = Map.groupBy(
    turns,
    ({ row }) => conversationOf.get(row)!,
  );
  const ids: string[] = [];
  for (const [conversation, asked] of byConversation) {
    const sessions = Map.groupBy(asked, ({ session }) => session);
    const resets = sent.filter(({ row, text }) =>
      text === RESET && conversationOf.get(row) === conversation
    ).length;
    assert(
      sessions.size <= 1 + resets,
      `${conversation} had ${sessions.size} sessions`,
    );
    ids.push(...sessions.keys());
    for (const inSession of sessions.values()) {
      for (const [i, { text, seen, fresh }] of inSession.entries()) {
        const before = inSession.slice(0, i);
        const others = (texts: readonly string[]) =>
          [...new Set(texts)].filter((one) =>
            one !== text
          );
        // A turn that never got so far as to keep its text may be missing, one that was answered not.
        const expected = before.filter((turn) =>
          answered.has(turn.row) || seen.includes(turn.text)
        );
        assertEquals(
          others(seen),
          others(expected.map((turn) => turn.text)),
          `what was seen before ${text}`,
        );
        const hadAnswer = before.some(({ row }) =>
          answered.has(row) && row !== inSession[i]!.row
        );
        assert(!(fresh && hadAnswer), `${text} began a session with answers`);
        assert(fresh || before.length > 0, `${text} is the first, not fresh`);
      }
    }
  }
  assertEquals(ids.length, new Set(ids).size, "two conversations, one session");
}
