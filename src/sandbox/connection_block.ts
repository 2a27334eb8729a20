/**
 * What an operator is shown to connect a workspace.
 *
 * @module
 */

const SNIPPETS = [
  "claude_code_channel_snippet",
  "codex_snippet",
  "curl_register_template",
  "hermes_channel_snippet",
  "kimi_snippet",
  "openclaw_snippet",
  "python_snippet",
  "universal_mcp_snippet",
];

/** The block; `token` is "" where it is shown again. */
export function connectionBlock(
  url: string,
  workspaceId: string,
  token: string,
): Record<string, string> {
  const shown = token === "" ? "<ROTATE_TO_REVEAL_TOKEN>" : token;
  const snippet =
    `PLATFORM_URL=${url} WORKSPACE_ID=${workspaceId} MOLECULE_WORKSPACE_TOKEN=${shown}`;
  return {
    workspace_id: workspaceId,
    platform_url: url,
    auth_token: token,
    registry_endpoint: `${url}/registry/register`,
    heartbeat_endpoint: `${url}/registry/heartbeat`,
    ...Object.fromEntries(SNIPPETS.map((name) => [name, snippet])),
  };
}
