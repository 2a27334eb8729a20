/** What a peer that is pushed to may answer, as data. `docs/faults.md` is printed from it. */

/** One way of answering. */
export interface PushPeer {
  /** For operators. */
  readonly name: string;
  /** What the peer's server does. */
  readonly answer: () => Response | Promise<Response>;
  /** How often it gets the answer. */
  readonly calls: number;
  /** What becomes of the answer; `unknown`: logged, and never sent again. */
  readonly end: "delivered" | "dead_letter" | "unknown";
}

/** The sender's tries where the peer refuses in a way that may pass. */
const FEW = 5;

function answers(
  status: number,
  body: unknown = { error: "invalid workspace auth token" },
  headers: Record<string, string> = {},
): PushPeer["answer"] {
  return () => Response.json(body, { status, headers });
}

function peers(
  statuses: readonly number[],
  calls: number,
  end: PushPeer["end"],
): PushPeer[] {
  return statuses.map((status) => ({
    name: String(status),
    answer: answers(status),
    calls,
    end,
  }));
}

/** Every one of them. */
export const PUSH_PEERS: readonly PushPeer[] = [
  ...peers([200], 1, "delivered"),
  ...peers([400, 402, 409, 410, 413, 422], 1, "dead_letter"),
  {
    name: "301 to another host",
    answer: answers(301, {}, { location: "https://elsewhere.example/" }),
    calls: 1,
    end: "dead_letter",
  },
  {
    name: "403 with a reason",
    answer: answers(403, { error: "talk_to_user_disabled" }),
    calls: 1,
    end: "dead_letter",
  },
  {
    name: "404 `workspace not found`",
    answer: answers(404, { error: "workspace not found" }),
    calls: 1,
    end: "dead_letter",
  },
  {
    name: "410 `workspace removed`",
    answer: answers(410, { error: "workspace removed" }),
    calls: 1,
    end: "dead_letter",
  },
  ...peers([401, 404, 408, 425, 429, 503], FEW, "dead_letter"),
  {
    name: "403 `access denied`",
    answer: answers(403, { error: "access denied: another organisation" }),
    calls: FEW,
    end: "dead_letter",
  },
  ...peers([500, 502, 504, 524], 1, "unknown"),
  {
    name: "200, a web page",
    answer: () =>
      new Response("<!doctype html>", {
        headers: { "content-type": "text/html" },
      }),
    calls: 1,
    end: "unknown",
  },
  {
    name: "200, the body breaks off (the platform takes it for a busy peer)",
    answer: () =>
      new Response(
        new ReadableStream({
          pull: (sink) => sink.error(new Error("scripted cut")),
        }),
      ),
    calls: 1,
    end: "delivered",
  },
  {
    name: "no answer within the time limit",
    answer: () => new Promise(() => {}),
    calls: 1,
    end: "unknown",
  },
];
