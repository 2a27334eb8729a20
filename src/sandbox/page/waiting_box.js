// @ts-check
/**
 * When the box under a question is open, and what stands in it: the rules of the platform's own web chat, its traps
 * included. A connector that would leave a person waiting there leaves the box open here.
 *
 * Pure: no clock, no DOM.
 */

/**
 * @typedef {object} Activity What a workspace reported of itself.
 * @property {string} activity_type
 * @property {string | null} [method]
 * @property {string | null} [summary]
 * @property {string | null} [source_id]
 * @property {string | null} [target_id]
 * @property {string | null} [status]
 * @property {number | null} [duration_ms]
 */

/**
 * @typedef {{ type: "sent", at: number }
 *   | { type: "unsent" }
 *   | { type: "notify" }
 *   | { type: "task", task: string, at: number }
 *   | { type: "activity", activity: Activity, workspaceId: string, names: (id: string) => string }
 *   | { type: "reset", task: string }} BoxEvent
 */

/**
 * @typedef {object} Box
 * @property {boolean} open
 * @property {number} since When it opened, in milliseconds.
 * @property {number} questions How many questions no receipt or answer has settled.
 * @property {string} task The workspace's current task, also while the box is closed.
 * @property {boolean} showsTask Whether the task has a line of its own.
 * @property {readonly string[]} lines
 */

/** What stands in the box before anything is known. */
export const QUEUED = "queued — agent will pick up on next poll";

/** @type {Box} */
export const CLOSED = {
  open: false,
  since: 0,
  questions: 0,
  task: "",
  showsTask: true,
  lines: [],
};

/**
 * The box after `event`.
 *
 * @param {Box} box
 * @param {BoxEvent} event
 * @returns {Box}
 */
export function next(box, event) {
  switch (event.type) {
    case "sent":
      return { ...opened(box, event.at), questions: box.questions + 1 };
    // The platform did not take the question after all.
    case "unsent": {
      const questions = Math.max(0, box.questions - 1);
      const waits = questions > 0 || box.task !== "";
      return waits ? { ...box, questions } : closed(box);
    }
    case "notify":
      return settled(box);
    case "task":
      return withTask(box, event.task, event.at);
    case "activity":
      return withActivity(box, event);
    // A reload, or a look at another workspace: the box and its questions are lost, and nothing else ends an endless one.
    case "reset":
      return { ...CLOSED, task: event.task };
  }
}

/**
 * The lines as they are shown.
 *
 * @param {Box} box
 * @returns {string[]}
 */
export function shownLines(box) {
  if (!box.open) return [];
  const task = box.task !== "" && box.showsTask ? [box.task] : [];
  const lines = [...box.lines, ...task];
  return lines.length === 0 && box.task === "" ? [QUEUED] : lines;
}

/**
 * Whole seconds that the box has been open.
 *
 * @param {Box} box
 * @param {number} now
 * @returns {number}
 */
export function seconds(box, now) {
  return box.open ? Math.max(0, Math.floor((now - box.since) / 1000)) : 0;
}

/**
 * @param {Box} box
 * @param {number} at
 * @returns {Box}
 */
function opened(box, at) {
  return box.open ? box : { ...box, open: true, since: at, lines: [] };
}

/**
 * @param {Box} box
 * @returns {Box}
 */
function closed(box) {
  return { ...box, open: false, questions: 0, lines: [], showsTask: true };
}

/**
 * An answer, a receipt or an error. None of them names its question, so with two open ones nobody knows which it was,
 * and both stay open for ever.
 *
 * @param {Box} box
 * @returns {Box}
 */
function settled(box) {
  if (!box.open || box.questions > 1) return box;
  return box.task === "" ? closed(box) : { ...box, questions: 0 };
}

/**
 * @param {Box} box
 * @param {string} task
 * @param {number} at
 * @returns {Box}
 */
function withTask(box, task, at) {
  if (task !== "") return { ...opened(box, at), task };
  const idle = { ...box, task: "", showsTask: true };
  return box.questions > 1 ? idle : closed(idle);
}

/**
 * @param {Box} box
 * @param {Extract<BoxEvent, { type: "activity" }>} event
 * @returns {Box}
 */
function withActivity(box, { activity, workspaceId, names }) {
  if (!box.open || activity.source_id !== workspaceId) return box;
  if (activity.activity_type === "error" || activity.status === "error") {
    return settled(box);
  }
  const line = lineOf(activity, names);
  if (line === undefined) return box;
  const said = withLine(box, line);
  if (activity.activity_type !== "a2a_receive") return said;
  // A receipt that comes before the task closes the box, and the task then brings it back without its line.
  return box.questions === 1 && box.task === ""
    ? { ...closed(said), showsTask: false }
    : settled(said);
}

/**
 * @param {Box} box
 * @param {string} line
 * @returns {Box}
 */
function withLine(box, line) {
  return box.lines.at(-1) === line
    ? box
    : { ...box, lines: [...box.lines, line] };
}

/**
 * @param {Activity} activity
 * @param {(id: string) => string} names
 * @returns {string | undefined}
 */
function lineOf(activity, names) {
  const { activity_type, method, summary, target_id, duration_ms } = activity;
  switch (activity_type) {
    case "task_update":
      return summary ? `⟳ ${summary}` : undefined;
    case "agent_log":
      return summary || undefined;
    case "a2a_send":
      return `→ Delegating to ${names(target_id ?? "")}…`;
    case "a2a_receive": {
      if (method !== "message/send") return undefined;
      const took = Math.round((duration_ms ?? 0) / 1000);
      return `← ${names(activity.source_id ?? "")} responded (${took}s)`;
    }
    default:
      return undefined;
  }
}
