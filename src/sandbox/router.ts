/**
 * Finds the handler of a request.
 *
 * @module
 */
import type { Endpoint } from "./endpoint.ts";
import type { RecordedRequest } from "./recorder.ts";
import type { World } from "./world.ts";

/** What a handler gets. */
export interface Call {
  /** The platform's state. */
  readonly world: World;
  /** The request. */
  readonly request: RecordedRequest;
  /** The values of the pattern's `:names`. */
  readonly params: Readonly<Record<string, string>>;
}

/** Answers one request; throws a `Refusal` to refuse it. */
export type Handler = (call: Call) => Response | Promise<Response>;

/** One line of the routing table. */
export interface Route {
  /** The HTTP method. */
  readonly method: string;
  /** The path, with `:name` for a segment of any value. */
  readonly pattern: string;
  /** Its name for faults and tests. */
  readonly endpoint: Endpoint;
  /** What answers. */
  readonly handler: Handler;
}

/** Makes a {@linkcode Route}. */
export function route(
  method: string,
  pattern: string,
  endpoint: Endpoint,
  handler: Handler,
): Route {
  return { method, pattern, endpoint, handler };
}

/** A route that fits, with the values of its names. */
export interface Match {
  /** The route. */
  readonly route: Route;
  /** The values of its names. */
  readonly params: Record<string, string>;
}

/** A routing table. */
export class Router {
  readonly #routes: { route: Route; segments: string[] }[];

  /** The first route that fits wins. */
  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({
      route,
      segments: route.pattern.split("/"),
    }));
  }

  /** The route of a request, if there is one. */
  match(method: string, path: string): Match | undefined {
    const segments = path.split("/");
    for (const candidate of this.#routes) {
      if (candidate.route.method !== method) continue;
      const params = fit(candidate.segments, segments);
      if (params !== undefined) return { route: candidate.route, params };
    }
    return undefined;
  }
}

function fit(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, name] of pattern.entries()) {
    const value = segments[at] ?? "";
    if (name.startsWith(":") && value !== "") params[name.slice(1)] = value;
    else if (name !== value) return undefined;
  }
  return params;
}
