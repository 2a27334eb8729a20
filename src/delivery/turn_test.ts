import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type {
  Backend,
  BackendContext,
  InboundMessage,
} from "../backends/backend.ts";
import { BackendError } from "../errors.ts";
import { runTurn, TurnCut, type TurnOptions } from "./turn.ts";

const message = { text: "hi" } as InboundMessage;
const context = { attempt: 1 } as Omit<BackendContext, "signal">;
const reply = { parts: [{ kind: "text", text: "ho" }] } as const;

function run(handle: Backend["handle"], options: Partial<TurnOptions> = {}) {
  return runTurn(message, {
    backend: { name: "b", handle },
    timeoutMs: undefined,
    cut: new AbortController().signal,
    abandonAfterMs: 1_000,
    context,
    ...options,
  });
}

/** Ends with its signal, as a back end should. */
const obedient: Backend["handle"] = (_, { signal }) =>
  new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(new Error("killed")))
  );
/** Never ends. */
const deaf: Backend["handle"] = () => new Promise(() => {});
/** Makes half an answer of the order to end. */
const hasty: Backend["handle"] = (_, { signal }) =>
  new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve({ parts: [] }))
  );

Deno.test("a turn gives the back end the message and the context, and its reply back", async () => {
  let got: unknown;
  const given = await run((message, { signal, ...rest }) => {
    got = [message, rest, signal.aborted];
    return Promise.resolve(reply);
  }, { timeoutMs: 60_000 }); // whose timer must not be left
  assertEquals(given, reply);
  assertEquals(got, [message, context, false]);
});

for (
  const [what, handle] of [
    ["rejects with", () => Promise.reject(new RangeError("boom"))],
    ["throws", () => {
      throw new RangeError("boom");
    }],
  ] as const
) {
  Deno.test(`what a back end ${what} is thrown on`, async () => {
    await assertRejects(() => run(handle), RangeError, "boom");
  });
}

for (
  const shape of [undefined, null, "ho", 5, [], {}, { parts: "ho" }, {
    parts: null,
  }]
) {
  Deno.test(`a reply of the shape ${Deno.inspect(shape)} is a final failure that says what is wanted`, async () => {
    const error = await assertRejects(
      () => run(() => Promise.resolve(shape as never)),
      BackendError,
    );
    assertEquals(error.kind, "final");
    assert(error.message.includes("{ parts: [...] }"));
  });
}

const LATE: readonly (readonly [string, Backend["handle"]])[] = [
  ["ends with its signal", obedient],
  ["answers when it is told to end", hasty],
  ["ignores its signal", deaf],
];
for (const [what, handle] of LATE) {
  Deno.test(`a turn that takes too long and ${what} fails for good`, async () => {
    using time = new FakeTime();
    const failing = assertRejects(
      () => run(handle, { timeoutMs: 500 }),
      BackendError,
    );
    await time.tickAsync(500);
    await time.tickAsync(1_000);
    const error = await failing;
    assertEquals([error.kind, error.failure], ["final", "timeout"]);
    assert(error.message.includes('"b" took longer than 500 ms'));
  });

  Deno.test(`a turn that is cut and ${what} is cut, whatever came of it`, async () => {
    using time = new FakeTime();
    const cut = new AbortController();
    const failing = assertRejects(() => run(handle, { cut: cut.signal }));
    await time.tickAsync(1);
    const reason = new TurnCut("stop");
    cut.abort(reason);
    await time.tickAsync(1_000);
    assertStrictEquals(await failing, reason);
  });
}

Deno.test("a turn that ignores its signal is not abandoned before its time", async () => {
  using time = new FakeTime();
  const cut = new AbortController();
  let ended = false;
  const running = run(deaf, { cut: cut.signal }).catch(() => ended = true);
  await time.tickAsync(1);
  cut.abort(new TurnCut("stop"));
  await time.tickAsync(999);
  assertEquals(ended, false);
  await time.tickAsync(1);
  await running;
  assertEquals(ended, true);
});

Deno.test("the late end of an abandoned turn disturbs nobody", async () => {
  using time = new FakeTime();
  const cut = new AbortController();
  const late = Promise.withResolvers<never>();
  const failing = assertRejects(
    () => run(() => late.promise, { cut: cut.signal }),
    TurnCut,
  );
  await time.tickAsync(1);
  cut.abort(new TurnCut("stop"));
  await time.tickAsync(1_000);
  await failing;
  late.reject(new Error("too late")); // unhandled, it would end the process
  await time.tickAsync(1);
});

Deno.test("a turn does not begin once it is cut", async () => {
  let began = false;
  const error = await assertRejects(() =>
    run(() => {
      began = true;
      return Promise.resolve(reply);
    }, { cut: AbortSignal.abort(new TurnCut("stop")) })
  );
  assert(error instanceof TurnCut);
  assertEquals(began, false);
});
