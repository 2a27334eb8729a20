import { assertEquals } from "@std/assert";
import { trouble } from "./trouble.ts";

const CASES: readonly (readonly [error: unknown, told: string])[] = [
  [
    new TypeError("fetch failed", {
      cause: new Error(
        "error sending request from 127.0.0.1:1 for http://host/secret?q (127.0.0.1:2): " +
          "client error (SendRequest): connection closed before message completed",
      ),
    }),
    "connection closed before message completed",
  ],
  [
    new TypeError("error reading a body from connection"),
    "error reading a body from connection",
  ],
  [
    new TypeError("cannot do https://host/secret?token=1 now"),
    "cannot do [address] now",
  ],
  ["reset", "reset"],
];

for (const [error, told] of CASES) {
  Deno.test(`trouble() tells of ${told}`, () => {
    assertEquals(trouble(error), told);
  });
}
