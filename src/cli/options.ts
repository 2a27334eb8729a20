/** The one table of flags. Parsing, `--help`, the names of environment variables and the documents come from it. */
import { MAX_EXCHANGES, MAX_PEER_RATE } from "../asker_options.ts";
import { LOG_LEVELS } from "../log.ts";
import { DEFAULTS, MAX_SINCE_SECS } from "../options.ts";
import { type Flags, list, toggle, value } from "./flag.ts";
import { origins, peerIds } from "./asker_values.ts";
import { skills } from "./card.ts";
import {
  apiUrl,
  backendOptions,
  duration,
  fileHosts,
  headerText,
  oneOf,
  plainText,
  wholeNumber,
} from "./values.ts";

/** Whoever reads or shows life more rarely than this mistook the unit. */
const HOUR_MS = 3_600_000;

/** The workspace id is an argument, and these variables give it too. */
export const WORKSPACE_ID_ENV: readonly string[] = [
  "MOLECULE_WORKSPACE_ID",
  "WORKSPACE_ID",
];

/** Flags of every command. */
const COMMON = {
  help: toggle({
    group: "Output",
    short: "-h",
    help: "Show the help and exit",
  }),
  version: toggle({ group: "Output", help: "Show the version and exit" }),
} satisfies Flags;

/** Flags of `connect`. */
export const CONNECT_FLAGS = {
  "api-url": value({
    group: "Platform",
    placeholder: "URL",
    env: [
      "MOLECULE_API_URL",
      "MOLECULE_URL",
      "MOLECULE_PLATFORM_URL",
      "PLATFORM_URL",
    ],
    help: "The platform's address, such as https://molecule.example",
    parse: apiUrl,
  }),
  token: value({
    group: "Platform",
    placeholder: "TOKEN",
    env: ["MOLECULE_WORKSPACE_TOKEN"],
    mayBeEmpty: true,
    help:
      "The workspace's token; other users of this machine can read it, so prefer the variable or --token-file. " +
      'Empty ("") only for a workspace that has none yet',
    parse: (text) => text,
  }),
  "token-file": value({
    group: "Platform",
    placeholder: "FILE",
    help: "Read the token from a file",
    parse: plainText,
  }),
  "org-id": value({
    group: "Platform",
    placeholder: "ID",
    env: ["MOLECULE_ORG_ID", "MOLECULE_ORGANIZATION_ID", "MOLECULE_ORG"],
    help: "Organisation to name in every request; hosted platforms want it",
    parse: headerText,
  }),
  origin: value({
    group: "Platform",
    placeholder: "auto|on|off",
    fallback: DEFAULTS.origin,
    help: "Whether requests carry an Origin header; auto sends it where the " +
      "platform wants it",
    parse: oneOf("auto", "on", "off"),
  }),
  mode: value({
    group: "Platform",
    placeholder: "poll|push",
    fallback: "poll",
    help: "How messages come; push is not there yet",
    parse: oneOf("poll", "push"),
  }),
  backend: value({
    group: "Agent",
    placeholder: "NAME",
    fallback: "claude-code",
    help: "What answers the messages; molecule backends lists them",
    parse: plainText,
  }),
  "backend-opt": list({
    group: "Agent",
    placeholder: "KEY=VALUE",
    help: "An option of the back end; may be given again",
    parse: backendOptions,
  }),
  "allow-file-host": list({
    group: "Agent",
    placeholder: "HOST",
    help: "A host that files of messages may be fetched from, such as " +
      "files.example.com or 127.0.0.1:8080; may be given again",
    parse: fileHosts,
  }),
  "agent-name": value({
    group: "Agent",
    placeholder: "NAME",
    env: ["MOLECULE_AGENT_NAME"],
    fallback: DEFAULTS.agentName,
    help: "Name in the agent card",
    parse: plainText,
  }),
  "agent-description": value({
    group: "Agent",
    placeholder: "TEXT",
    env: ["MOLECULE_AGENT_DESC"],
    fallback: "the name",
    help: "Description in the agent card",
    parse: plainText,
  }),
  "agent-model": value({
    group: "Agent",
    placeholder: "NAME",
    fallback: "the back end's option model",
    help: "Model in the agent card",
    parse: plainText,
  }),
  "agent-skill": list({
    group: "Agent",
    placeholder: '"NAME: DESCRIPTION"',
    help: "A skill in the agent card; may be given again",
    parse: skills,
  }),
  card: value({
    group: "Agent",
    placeholder: "FILE",
    help:
      "More of the agent card, as a JSON object; // comments are fine. The flags for single members go before it",
    parse: plainText,
  }),
  concurrency: value({
    group: "Agent",
    placeholder: "N",
    fallback: String(DEFAULTS.concurrency),
    help: "How many conversations are handled at once",
    parse: wholeNumber(1, 1_000),
  }),
  "max-attempts": value({
    group: "Agent",
    placeholder: "N",
    fallback: String(DEFAULTS.maxAttempts),
    help: "How often a message is tried before it is given up",
    parse: wholeNumber(1, 1_000),
  }),
  "allow-peer": list({
    group: "Askers",
    placeholder: "ID",
    help:
      "Answer this workspace only; may be given again, or with commas. Default: every one that the platform lets through",
    parse: peerIds,
  }),
  "allow-origin": list({
    group: "Askers",
    placeholder: "peer|canvas|channel",
    help:
      "Answer workspaces, people in the web chat or outside channels only; may be given again, or with commas. Default: all",
    parse: origins,
  }),
  "peer-rate": value({
    group: "Askers",
    placeholder: "N",
    fallback: `${DEFAULTS.peerRate}`,
    help:
      "Messages a minute of each peer that are handled, more of them wait; 0 for any number",
    parse: wholeNumber(0, MAX_PEER_RATE),
  }),
  "max-exchanges": value({
    group: "Askers",
    placeholder: "N",
    fallback: `${DEFAULTS.maxExchanges}`,
    help:
      "How many messages that come after an answer of ours are handled, within an hour, of each peer and conversation; more are skipped; 0 for no limit",
    parse: wholeNumber(0, MAX_EXCHANGES),
  }),
  "interval-ms": value({
    group: "Messages",
    placeholder: "MS",
    env: ["MOLECULE_POLL_INTERVAL_MS"],
    fallback: String(DEFAULTS.pollIntervalMs),
    help: "Milliseconds between two reads of the feed",
    parse: wholeNumber(50, HOUR_MS),
  }),
  "since-secs": value({
    group: "Messages",
    placeholder: "SECS",
    env: ["MOLECULE_POLL_WINDOW_SECS"],
    fallback: String(DEFAULTS.sinceSecs),
    help: "How far back the very first read looks; 0 means from now on",
    parse: wholeNumber(0, MAX_SINCE_SECS),
  }),
  "heartbeat-ms": value({
    group: "Messages",
    placeholder: "MS",
    env: ["MOLECULE_HEARTBEAT_INTERVAL_MS"],
    fallback: String(DEFAULTS.heartbeatIntervalMs),
    help: "Milliseconds between two heartbeats",
    parse: wholeNumber(1_000, HOUR_MS),
  }),
  receipts: value({
    group: "Messages",
    placeholder: "on|off",
    fallback: "on",
    help: "Whether the platform is told of each message of a person that it " +
      "was picked up; its chat needs that to close the box of who waits",
    parse: oneOf("on", "off"),
  }),
  "state-dir": value({
    group: "Messages",
    placeholder: "DIR",
    env: ["MOLECULE_STATE_DIR"],
    fallback: "~/.config/molecule/state",
    help: "Where the state is kept",
    parse: plainText,
  }),
  once: toggle({
    group: "Messages",
    help: "Handle what is there, then stop",
  }),
  grace: value({
    group: "Messages",
    placeholder: "DURATION",
    fallback: `${DEFAULTS.graceMs / 1_000}s`,
    help: "How long a stop waits for running turns, such as 90s or 5m",
    parse: duration,
  }),
  "dry-run": toggle({
    group: "Output",
    help: "Check all but the platform, send and write nothing, and exit",
  }),
  json: toggle({
    group: "Output",
    help: "One JSON object per event on stdout; log lines as JSON on stderr",
  }),
  "log-level": value({
    group: "Output",
    placeholder: "LEVEL",
    fallback: "info",
    help: "debug (with message texts), info, warn or error",
    parse: oneOf(...LOG_LEVELS),
  }),
  quiet: toggle({
    group: "Output",
    help: "Only what is wrong: the same as --log-level warn",
  }),
  verbose: toggle({
    group: "Output",
    help: "The same as --log-level debug, and stacks of unexpected errors",
  }),
  ...COMMON,
} satisfies Flags;

/** Flags of `sandbox`. */
export const SANDBOX_FLAGS = {
  port: value({
    group: "Platform",
    placeholder: "N",
    fallback: "a free one",
    help: "Port on 127.0.0.1",
    parse: wholeNumber(0, 65_535),
  }),
  "admin-token": value({
    group: "Platform",
    placeholder: "TOKEN",
    fallback: "a new one",
    help: "Token that may do everything",
    parse: headerText,
  }),
  open: toggle({
    group: "Platform",
    help: "Open the chat page in the browser",
  }),
  ...COMMON,
} satisfies Flags;

/** Flags of `dlq`. */
export const DLQ_FLAGS = {
  all: toggle({
    group: "Messages",
    help: "Every letter instead of those that are named (retry, drop)",
  }),
  "state-dir": CONNECT_FLAGS["state-dir"],
  json: toggle({
    group: "Output",
    help: "One JSON object per letter, a line each (list, show)",
  }),
  ...COMMON,
} satisfies Flags;

/** Flags of the commands that have none of their own. */
export const COMMON_FLAGS: typeof COMMON = COMMON;
