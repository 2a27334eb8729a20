import { assert, assertEquals } from "@std/assert";
import { isUuid, uuidV5 } from "../uuid.ts";
import { derivedId } from "./ids.ts";

Deno.test("uuidV5() gives what RFC 9562 says for its example", () => {
  assertEquals(
    uuidV5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
    "2ed6657d-e927-568b-95e1-2665a8aea6a2",
  );
});

Deno.test("uuidV5() takes names of every script, and the namespace in either case", () => {
  const upper = uuidV5("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "漢字 😀");
  assertEquals(
    upper,
    uuidV5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "漢字 😀"),
  );
  assert(isUuid(upper));
});

Deno.test("derivedId() is the same for the same thing, and another for anything else", () => {
  const id = derivedId("w", "r", "reply", 0);
  assertEquals(id, derivedId("w", "r", "reply", 0));
  assert(isUuid(id));
  const others = [
    derivedId("w2", "r", "reply", 0),
    derivedId("w", "r2", "reply", 0),
    derivedId("w", "r", "failure", 0),
    derivedId("w", "r", "reply", 1),
    derivedId("wr", "", "reply", 0),
    derivedId("", "wr", "reply", 0),
    derivedId('w","r', "", "reply", 0),
  ];
  assertEquals(new Set([id, ...others]).size, others.length + 1);
});

Deno.test("derivedId() stays as it is from release to release: answers saved by an older one are repeated under it", () => {
  assertEquals(
    derivedId("ws-target", "act-1", "reply", 0),
    "49fc82fb-48cb-5d4b-bd00-c9662313ae16",
  );
});
