import { assertEquals, assertThrows } from "@std/assert";
import { agentCard, checkAgentCard } from "./agent_card.ts";
import { UsageError } from "./errors.ts";
import { VERSION } from "./version.ts";

const SKILL = { id: "review", name: "Review", description: "Reads a change" };
const TOKEN = "a-token-of-some-length";

Deno.test("checkAgentCard() takes any JSON, and hands it on as it is", () => {
  const card = {
    name: "Reviewer",
    model: "opus",
    icon: "🦊",
    skills: [{ ...SKILL, tags: ["code"], examples: [1, { deep: null }] }],
    capabilities: { streaming: false },
  };
  assertEquals(checkAgentCard(card), card);
});

let deep: unknown = 1;
for (let i = 0; i < 13; i++) deep = [deep];
const circle: Record<string, unknown> = {};
circle.self = circle;

const WRONG: readonly (readonly [card: unknown, message: string])[] = [
  [[], "agentCard is a list, not an object"],
  [null, "agentCard is null, not an object"],
  ["x", "agentCard is a string, not an object"],
  [undefined, "agentCard is missing, not an object"],
  [circle, "agentCard is no JSON"],
  [{ x: deep }, "agentCard is nested too deeply"],
  [
    { x: "y".repeat(70_000) },
    "agentCard is too large: 70008 characters as JSON",
  ],
  [{ name: 7 }, "agentCard: name is a number, not a string"],
  [{ model: { a: 1 } }, "agentCard: model is an object, not a string"],
  [{ url: "http://a" }, "agentCard: url cannot be given"],
  [
    { configuration_status: "ok" },
    "agentCard: configuration_status cannot be given",
  ],
  [{ skills: {} }, "agentCard: skills is an object, not a list"],
  [
    { skills: [SKILL, "review"] },
    "agentCard: skills[1] is a string, not an object",
  ],
  [
    { skills: [{ ...SKILL, id: undefined }] },
    "agentCard: skills[0].id is missing",
  ],
  [{ skills: [{ ...SKILL, name: " " }] }, "agentCard: skills[0].name is empty"],
  [
    { skills: [{ ...SKILL, description: 1 }] },
    "agentCard: skills[0].description is a number, not a string",
  ],
  [
    { skills: [{ ...SKILL, tags: "code" }] },
    "agentCard: skills[0].tags is no list of strings",
  ],
  [
    { skills: [SKILL, SKILL] },
    `agentCard: skills[1].id "review" is there twice`,
  ],
  [{ x: "a\0" }, "agentCard has a character that the platform cannot store"],
  [
    { "\ud800": 1 },
    "agentCard has a character that the platform cannot store",
  ],
  [{ x: [`of ${TOKEN}`] }, "agentCard holds the workspace's token"],
];

for (const [at, [card, message]] of WRONG.entries()) {
  Deno.test(`checkAgentCard() refuses (${at + 1}): ${message}`, () => {
    const error = assertThrows(
      () => checkAgentCard(card, "agentCard", TOKEN),
      UsageError,
    );
    assertEquals(error.message, message);
    assertEquals(`${error.message}${error.hint}`.includes(TOKEN), false);
  });
}

Deno.test("agentCard() has a name, a description and a version in any case", () => {
  assertEquals(agentCard({ agentName: "A" }), {
    name: "A",
    description: "A",
    version: VERSION,
  });
  assertEquals(
    agentCard({
      agentName: "A",
      agentCard: { name: "B", description: "C", version: "7", x: 1 },
    }),
    { name: "A", description: "C", version: "7", x: 1 },
  );
});
