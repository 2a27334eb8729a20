/** What `molecule sandbox` prints at its start: lines for a POSIX shell, to be pasted as they are. */
import type { NewCredentials } from "../sandbox/sandbox_options.ts";

/** What somebody needs to know to use the sandbox. */
export interface Playground {
  readonly url: string;
  readonly adminToken: string;
  readonly agent: NewCredentials;
  readonly peer: NewCredentials;
  /** What to type to start this program. */
  readonly program: string;
}

/** The address of the chat page; the token stands in the fragment, which no browser sends to anybody. */
export function chatPage(
  given: Pick<Playground, "url" | "adminToken">,
): string {
  return `${given.url}/#token=${encodeURIComponent(given.adminToken)}`;
}

function inQuotes(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function writeAs(token: string): string[] {
  return [
    `curl -sS $URL/workspaces/$AGENT/a2a -H "Authorization: Bearer $${token}" \\`,
    `  -d '{"jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":`,
    `      {"role":"user","parts":[{"kind":"text","text":"Hello"}]}}}'`,
  ];
}

function readAs(token: string, workspace: string): string[] {
  return [
    `curl -sS $URL/workspaces/$${workspace}/activity \\`,
    `  -H "Authorization: Bearer $${token}"`,
  ];
}

/** The lines: variables first, so that those behind them stay short. */
export function sandboxLines(given: Playground): string[] {
  const variables = {
    URL: given.url,
    ADMIN: given.adminToken,
    AGENT: given.agent.id,
    AGENT_TOKEN: given.agent.token,
    PEER: given.peer.id,
    PEER_TOKEN: given.peer.token,
  };
  return [
    "# The chat page, for a browser:",
    `#   ${chatPage(given)}`,
    "",
    "# A platform in memory, with the workspaces agent and peer. Paste this into",
    "# another terminal, and into each further one:",
    ...Object.entries(variables).map(([name, value]) =>
      `export ${name}=${inQuotes(value)}`
    ),
    "",
    "# Connect the agent:",
    "MOLECULE_WORKSPACE_TOKEN=$AGENT_TOKEN \\",
    `  ${given.program} connect $AGENT --api-url $URL --backend mock`,
    "",
    "# Write to it as the person:",
    ...writeAs("ADMIN"),
    "# Write to it as the peer:",
    ...writeAs("PEER_TOKEN"),
    "# What the person was told (the rows of method notify):",
    ...readAs("ADMIN", "AGENT"),
    "# What the peer was sent:",
    ...readAs("PEER_TOKEN", "PEER"),
    "",
    "# Messages are shown here as they come. Ctrl-C ends the sandbox and all of it.",
  ];
}
