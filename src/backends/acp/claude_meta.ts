/** What Claude's adapter is told of a session beyond the protocol; other agents leave it unread. */
import { type ClaudePlaces, deniedRules } from "../claude/denied.ts";
import { toolsFor } from "../claude/tools.ts";
import type { PermissionPolicy } from "./permission.ts";

/** Claude's tools by the kind that the adapter gives them. It asks for none of those that Claude takes for harmless. */
const TOOLS_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  edit: ["Edit", "MultiEdit", "Write", "NotebookEdit"],
  execute: ["Bash", "BashOutput", "KillShell", "TaskOutput", "TaskStop"],
  fetch: ["WebFetch", "WebSearch"],
  think: ["Task", "Agent"],
  switch_mode: ["EnterPlanMode", "ExitPlanMode"],
};

/**
 * The `_meta` of a session: without it an allow rule or a hook in the operator's own settings would run tools for a
 * stranger's message, a shell would run without asking what Claude takes for harmless, and what one sender has it note
 * down would be shown to all others.
 */
export function claudeMeta(
  policy: PermissionPolicy,
  places: ClaudePlaces,
): unknown {
  const rules = [...policy].flatMap((kind) => TOOLS_OF_KIND[kind] ?? []);
  const tools = policy.has("other") ? undefined : toolsFor({ rules, mode: "" });
  const options = {
    settingSources: [],
    strictMcpConfig: true,
    disallowedTools: deniedRules(places),
    env: {
      CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
      CLAUDE_CODE_DISABLE_CRON: "1",
    },
    ...(tools === undefined ? {} : { tools }),
  };
  return { claudeCode: { options } };
}
