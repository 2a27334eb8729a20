/** What `claude` prints with `--output-format stream-json`: a JSON object a line, the last of type `result` decides. */
import { asText } from "../../as_text.ts";
import { usingTool } from "../progress_words.ts";

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest piece that is kept of a line that is none of claude's, in characters. */
const MAX_STRAY_CHARS = 200;

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The names of the tools that a message of the agent calls. */
function toolCalls({ message }: JsonObject): string[] {
  const content = isObject(message) ? message.content : undefined;
  return (Array.isArray(content) ? content : []).filter(isObject)
    .filter(({ type }) => type === "tool_use")
    .map(({ name }) => asText(name));
}

/** Whether a message comes of claude itself, not of a model: its last word on an API that refused every try. */
function isClaudesOwn({ message }: JsonObject): boolean {
  return isObject(message) && message.model === "<synthetic>";
}

/** Reads the stream of one run. Lines of a type that it does not know mean nothing. */
export class ClaudeStream {
  /** The last result. */
  result: JsonObject | undefined;
  /** When a usage limit that was met ends, in milliseconds since 1970, where claude told it. */
  resetsAt: number | undefined;
  /** HTTP status that the model's API answered last when claude had to try again; none once a try succeeded. */
  retryStatus: number | undefined;
  /** The beginning of the first line that was no JSON object. */
  stray = "";
  readonly #progress: (text: string) => void;

  /** `progress` is told what the run is doing, in words that are fit for anybody. */
  constructor(progress: (text: string) => void) {
    this.#progress = progress;
  }

  /** Takes a line. */
  readonly take = (line: string): void => {
    const event = parse(line);
    if (!isObject(event)) {
      if (this.stray === "") this.stray = line.slice(0, MAX_STRAY_CHARS);
    } else if (event.type === "result") this.result = event;
    else if (event.type === "assistant") {
      if (!isClaudesOwn(event)) this.retryStatus = undefined;
      const tool = toolCalls(event).at(-1);
      if (tool !== undefined) this.#progress(usingTool(tool));
    } else if (event.type === "system" && event.subtype === "api_retry") {
      const { error_status: status } = event;
      this.retryStatus = typeof status === "number" ? status : undefined;
      this.#progress("Waiting for the model");
    } else if (event.type === "rate_limit_event") {
      this.#limit(event.rate_limit_info);
    }
  };

  #limit(info: unknown): void {
    if (!isObject(info) || info.status !== "rejected") return;
    const { resetsAt } = info;
    if (typeof resetsAt === "number") this.resetsAt = resetsAt * 1000;
  }
}
