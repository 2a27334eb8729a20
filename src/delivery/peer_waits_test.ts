import { assertEquals } from "@std/assert";
import type { PlatformClient } from "../platform/client.ts";
import { PeerModes } from "./peer_modes.ts";
import { PeerWaits } from "./peer_waits.ts";

function setUp() {
  const modes = new PeerModes({} as PlatformClient);
  return { modes, waits: new PeerWaits(modes) };
}

Deno.test("what goes to a person, or to a peer that polls, waits for the platform", () => {
  const { modes, waits } = setUp();
  modes.learn("polls", true);
  waits.failed("polls", { own: "perhaps", why: "HTTP 503" });
  assertEquals(waits.isForPlatform({ peer: "" }), true);
  assertEquals(waits.isForPlatform({ peer: "polls" }), true);
  assertEquals(waits.own("polls"), undefined);
});

Deno.test("a peer's newest failure decides, until something is delivered", () => {
  const { waits } = setUp();
  const busy = { own: "perhaps", why: "HTTP 503" } as const;
  assertEquals(waits.isForPlatform({ peer: "p" }), false);
  waits.failed("p", { own: "no", why: "connection refused" });
  assertEquals(waits.isForPlatform({ peer: "p" }), true);
  assertEquals(waits.own("p"), undefined);
  waits.failed("p", busy);
  assertEquals(waits.isForPlatform({ peer: "p" }), false);
  assertEquals(waits.own("p"), busy);
  waits.delivered("p");
  assertEquals(waits.own("p"), undefined);
});
