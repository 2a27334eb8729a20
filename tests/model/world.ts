/** Who writes to the workspace, and what was written: the truth that the promises are checked against. */
import type { Random } from "./random.ts";

/** Another workspace. */
export interface Peer {
  readonly id: string;
  readonly name: string;
  /** Whether messages to it wait until it polls, or are handed to it at once, each time anew. */
  readonly mode: "poll" | "push";
}

/** Messages of one sender in one context; they are answered in order. */
export interface Conversation {
  /** Undefined for a person. */
  readonly peer: Peer | undefined;
  readonly contextId: string;
}

/** How the back end takes a message. */
export interface TurnPlan {
  /** How long each turn takes, in ms. */
  readonly ms: number;
  /**
   * How the first turns end: `retry` and `final` fail, `weather` is an overload of seconds, `storm` one that is worth
   * telling, `killer` takes the process down.
   */
  readonly trouble:
    readonly ("retry" | "final" | "weather" | "storm" | "killer")[];
  /** What the answer is like; `same` is a text that others give too. */
  readonly answer: "short" | "long" | "same" | "nothing";
}

/** A message that the connector has to deal with. */
export interface Message {
  /** A short name for traces. */
  readonly name: string;
  readonly conversation: Conversation;
  readonly messageId: string;
  /** When it is sent, by the simulation's clock, in ms. */
  readonly at: number;
  /** How long after its time its row becomes visible, in ms. */
  readonly lateMs: number;
  /** Whether it is there twice: its sender repeated it, and the platform is an old one. */
  readonly twice: boolean;
  readonly plan: TurnPlan;
}

/** A row that is no work, and that nobody may answer. */
export interface Noise {
  readonly at: number;
  readonly kind: "notice" | "peer reply" | "other method" | "own echo" | "stop";
  readonly lateMs: number;
}

/** The answer of a turn. */
export function answerText(
  plan: TurnPlan,
  name: string,
  run: number,
): string {
  switch (plan.answer) {
    case "short":
      return `answer to ${name}, run ${run}`;
    case "long":
      return `answer to ${name}, run ${run}: ${"long ".repeat(900)}`.trim();
    case "same":
      return "done";
    case "nothing":
      return "";
  }
}

/** Peers and the conversations with them and with a person. */
export function drawConversations(
  random: Random,
  pushPeers: boolean,
): Conversation[] {
  const peer = (name: string, mode: Peer["mode"]): Peer => ({
    id: random.uuid(),
    name,
    mode,
  });
  const poll = peer("Polly", "poll");
  const other = random.chance(0.5) && pushPeers
    ? peer("Pusha", "push")
    : peer("Paula", "poll");
  const person = { peer: undefined, contextId: random.uuid() };
  return [
    { peer: poll, contextId: random.uuid() },
    person,
    { peer: other, contextId: random.uuid() },
    random.chance(0.5)
      ? { peer: poll, contextId: random.uuid() }
      : { peer: undefined, contextId: random.uuid() },
  ].slice(0, random.whole(2, 4));
}
