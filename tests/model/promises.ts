/** What must hold when a simulation is over: the promises, checked against everything that was seen. */
import { failureText } from "../../src/delivery/failure_text.ts";
import { NOTHING_TO_SAY } from "../../src/delivery/outgoing.ts";
import { type Ledger, MAX_ATTEMPTS, type Tracked } from "./ledger.ts";

/** What is on the disk at the end. */
export interface EndState {
  /** The rows of messages that were given up, and of answers. */
  readonly givenUp: ReadonlySet<string>;
  readonly repliesGivenUp: ReadonlySet<string>;
  /** Answers that still wait, and turns that are still counted. */
  readonly outbox: number;
  readonly attempts: number;
  /** Messages of which is kept that their senders were told that they wait. */
  readonly told: number;
  /** How far back the first read reached, in ms since 1970. */
  readonly floorMs: number;
}

/** The platform's own limit of requests. */
const REQUESTS_A_MINUTE = 600;
/** So often the platform's side must have refused an answer before it may be given up. */
const REFUSALS = 5;

/** Checks everything that can only be checked at the end. */
export function checkPromises(ledger: Ledger, end: EndState): void {
  const violate = (what: string) => ledger.violate(what);
  for (const tracked of ledger.messages.values()) {
    checkFinished(ledger, tracked, end);
    if (tracked.message.conversation.peer !== undefined) {
      checkPeer(ledger, tracked, end);
    }
  }
  checkBubbles(ledger, end);
  ledger.stops.check(end.repliesGivenUp);
  checkOrder(ledger);
  if (end.outbox > 0) violate(`${end.outbox} answers were left in the outbox`);
  if (end.attempts > 0) violate(`${end.attempts} attempts were left`);
  if (end.told > 0) violate(`${end.told} notices of waiting were left`);
  for (const [minute, requests] of ledger.requestsByMinute) {
    if (requests > REQUESTS_A_MINUTE) {
      violate(`${requests} requests in minute ${minute}`);
    }
  }
}

/** Whether the message came before the very first read looked, and so nobody promised that it would be seen. */
function isExcused({ rows, taken }: Tracked, end: EndState): boolean {
  const isBeforeFloor = rows.every((row) => row.micros / 1_000 < end.floorMs);
  return taken === undefined && isBeforeFloor;
}

function checkFinished(ledger: Ledger, tracked: Tracked, end: EndState): void {
  const { message: { name, plan }, finish, hits, runs, rows } = tracked;
  const failures = runs.filter(({ state }) => state === "failed").length;
  const isLetter = rows.some((row) => end.givenUp.has(row.id));
  if (finish === undefined) {
    if (isExcused(tracked, end)) ledger.count("messages that were excused");
    else ledger.violate(`${name} was lost`);
    return;
  }
  if (finish.is === "stopped") return;
  if (finish.is === "given up") {
    ledger.count("messages that were given up");
    const isFinal = plan.trouble.includes("final");
    if (!isFinal && hits + failures < MAX_ATTEMPTS) {
      ledger.violate(`${name} was given up after ${hits + failures} attempts`);
    }
    if (!isLetter) ledger.violate(`${name} was given up without a letter`);
  } else if (isLetter && hits === 0) {
    ledger.violate(`${name} was answered and stands in the dead letters`);
  }
}

function checkPeer(ledger: Ledger, tracked: Tracked, end: EndState): void {
  const { message, finish, arrived, posts, rows } = tracked;
  const { name, conversation, plan } = message;
  const isBuried = rows.some((row) => end.repliesGivenUp.has(row.id));
  if (isBuried) {
    ledger.count("answers that were given up");
    const refusals = posts.filter(({ outcome }) =>
      typeof outcome === "number" && outcome >= 400 && outcome < 500 ||
      outcome === 503
    ).length;
    if (refusals < REFUSALS) {
      ledger.violate(
        `the answer to ${name} was given up after ${refusals} refusals`,
      );
    }
  }
  if (finish === undefined) return;
  const isSilent = finish.is === "answer" && plan.answer === "nothing";
  const expected = isSilent ? 0 : 1;
  if (arrived.length > expected) {
    ledger.violate(`${name} got ${arrived.length} answers`);
  }
  if (arrived.length < expected && !isBuried) {
    const mayBeLost = conversation.peer?.mode === "push" &&
      (tracked.perhaps || posts.some(({ outcome }) => outcome === "unknown"));
    if (mayBeLost) {
      ledger.count("answers to push peers that nobody can know of");
    } else ledger.violate(`the answer to ${name} never arrived`);
  }
  const said = finish.is === "answer" ? finish.text : failureText("peer");
  for (const { text } of arrived) {
    if (text !== said) ledger.violate(`${name} got another answer than saved`);
  }
}

/** Bubbles have no id: those of one text are counted. */
function checkBubbles(ledger: Ledger, end: EndState): void {
  const least = new Map<string, number>();
  const most = new Map<string, number>();
  const add = (counts: Map<string, number>, text: string) =>
    counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const { message, finish, rows } of ledger.messages.values()) {
    if (message.conversation.peer !== undefined || finish === undefined) {
      continue;
    }
    if (finish.is === "stopped") continue;
    // Silence would leave the person waiting: who has nothing to say says so.
    const text = finish.is === "answer"
      ? finish.text || NOTHING_TO_SAY
      : failureText("canvas");
    add(most, text);
    if (rows.every((row) => !end.repliesGivenUp.has(row.id))) add(least, text);
  }
  const seen = new Map<string, number>();
  for (const { text } of ledger.bubbles) add(seen, text);
  for (const text of new Set([...seen.keys(), ...most.keys()])) {
    const count = seen.get(text) ?? 0;
    const shown = JSON.stringify(text.slice(0, 40));
    if (count > (most.get(text) ?? 0)) {
      ledger.violate(
        `${count} bubbles say ${shown}, ${most.get(text) ?? 0} may`,
      );
    }
    if (count < (least.get(text) ?? 0)) {
      ledger.violate(
        `${count} bubbles say ${shown}, ${least.get(text)} should`,
      );
    }
  }
}

/** Answers come in the order in which their turns ended, but where it is unknown whether the earlier one came. */
function checkOrder(ledger: Ledger): void {
  const all = [...ledger.messages.values()];
  for (
    const conversation of new Set(all.map((one) => one.message.conversation))
  ) {
    const answers = all.flatMap((tracked) => {
      const { message, finish, posts } = tracked;
      const at = arrivedAt(ledger, tracked);
      if (message.conversation !== conversation) return [];
      if (finish === undefined || at === undefined) return [];
      const isSure = conversation.peer?.mode !== "push" ||
        posts.every(({ outcome }) => outcome !== "unknown");
      return [{ name: message.name, finishedAt: finish.at, at, isSure }];
    }).sort((a, b) => a.finishedAt - b.finishedAt);
    for (const [i, later] of answers.entries()) {
      for (const earlier of answers.slice(0, i)) {
        if (
          earlier.finishedAt < later.finishedAt && earlier.isSure &&
          earlier.at > later.at
        ) ledger.violate(`${later.name} overtook ${earlier.name}`);
      }
    }
  }
}

function arrivedAt(ledger: Ledger, tracked: Tracked): number | undefined {
  const { message, finish, arrived } = tracked;
  if (message.conversation.peer !== undefined) return arrived[0]?.at;
  const text = finish?.text;
  // A text that several answers share tells nothing about one of them.
  return text === undefined || message.plan.answer === "same"
    ? undefined
    : ledger.bubbles.find((bubble) => bubble.text === text)?.at;
}

/** What the platform was told last must be how it is in the end: nothing runs, nothing waits, nothing fails. */
export function checkLastBeat(ledger: Ledger): void {
  const { active_tasks, current_task, error_rate } = ledger.lastBeat;
  if (
    active_tasks !== 0 || current_task !== "" ||
    (error_rate !== 0 && !ledger.lastRunFailed)
  ) {
    const shown = JSON.stringify(ledger.lastBeat);
    ledger.violate(`the last heartbeat is not true: ${shown}`);
  }
}
