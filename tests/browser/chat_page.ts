/** The chat page of the sandbox, as a person uses it. Not called `_test`: `deno task test:browser` runs it. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../src/testing/mod.ts";
import { browserTest, openPage } from "./browser.ts";

browserTest("the page opens without an error", async () => {
  await using sandbox = await Sandbox.start();
  await using opened = await openPage(`${sandbox.url}/health`);
  assertEquals(opened.faults.elsewhere, []);
});
