import { assertEquals } from "@std/assert";
import { troubleOf } from "./list.js";

const WHY = "This agent is not set up: run agent login.";

/** What a workspace with this card and this error shows beside what its card says. */
function shown(card: Readonly<Record<string, unknown>> | null, error: string) {
  return troubleOf({
    ...{ id: "w", name: "Builder", status: "degraded", role: null },
    ...{ active_tasks: 0, current_task: "", parent_id: null },
    agent_card: card,
    last_sample_error: error,
  });
}

Deno.test("troubleOf() says nothing that the card says already", () => {
  const unset = {
    configuration_status: "not_configured",
    configuration_error: WHY,
  };
  assertEquals(shown(unset, WHY), "");
  assertEquals(shown(unset, "The back end failed"), "The back end failed");
  assertEquals(shown({ configuration_error: WHY }, WHY), WHY);
  assertEquals(shown(null, WHY), WHY);
  assertEquals(shown(null, ""), "");
});
