/**
 * `connect()`: checks, takes the lock, loads the state, registers, and starts what then runs by itself.
 *
 * @module
 */
import { agentCard } from "./agent_card.ts";
import { reached } from "./crash_points.ts";
import type { ConnectEvent, Connection } from "./connection.ts";
import { reason } from "./errors.ts";
import type { ConnectOptions } from "./options.ts";
import { resolveOptions } from "./options.ts";
import { LiveConnection } from "./live_connection.ts";
import { type Logger, redacting, silentLogger } from "./log.ts";
import {
  makeWorkDir,
  noteFloor,
  openSessions,
  openState,
  type OpenStateOptions,
  tryStateDisk,
} from "./open_state.ts";
import { endOrphans } from "./orphans.ts";
import { PlatformClient } from "./platform/client.ts";
import { homeDirectory } from "./os/home.ts";
import { Gate } from "./platform/gate.ts";
import { OrderlySender } from "./platform/orderly_sender.ts";
import { HttpSender, type Sender } from "./platform/request.ts";
import { Configuration } from "./presence/configuration.ts";
import { PeerModes } from "./delivery/peer_modes.ts";
import { Registrar } from "./presence/registrar.ts";
import { Redactor } from "./redact.ts";
import { defaultStateDir, statePaths } from "./state/paths.ts";
import { loadMintedToken } from "./state/token_file.ts";
import { takeLock } from "./state/lock.ts";
import { TIMING, type Timing } from "./timing.ts";

/**
 * Connects a workspace to a back end, and keeps it connected until it is closed.
 *
 * It resolves once the platform has accepted the registration. Everything after that (failures of the network, of the
 * platform, of the back end) is dealt with inside; what cannot be ends the connection, see `Connection.closed`.
 *
 * @throws {UsageError} before any I/O if an option is missing or not usable; later if the state directory is none or may
 * not be written, or if the platform's address redirects.
 * @throws {PermanentError} if the platform refuses the registration; code `TOKEN_REFUSED` where it refuses the token.
 * @throws {ConnectError} `ALREADY_RUNNING`, `WORKSPACE_GONE`, or `GAVE_UP` after five attempts.
 * @throws {StateError} if the state directory cannot be used, or was written by a newer release.
 *
 * @example
 * ```ts
 * import { connect, textReply } from "@molecule/connect";
 * import { Sandbox } from "@molecule/connect/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using sandbox = await Sandbox.start();
 * const { id, token } = sandbox.createWorkspace({ name: "agent" });
 * {
 *   await using connection = await connect({
 *     apiUrl: sandbox.url,
 *     workspaceId: id,
 *     token,
 *     backend: { name: "shout", handle: (message) => Promise.resolve(textReply(message.text.toUpperCase())) },
 *     stateDir: await Deno.makeTempDir(),
 *   });
 *   assertEquals(connection.status.state, "connected");
 * }
 * ```
 */
export function connect(options: ConnectOptions): Promise<Connection> {
  return connectWith(options, TIMING);
}

/** `connect()` with waits of other lengths and another network, for suites that provoke faults. */
export async function connectWith(
  options: ConnectOptions,
  timing: Timing,
  sender?: Sender,
): Promise<Connection> {
  const resolved = resolveOptions(options);
  const { workspaceId } = resolved;
  const signal = resolved.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const paths = statePaths(resolved.stateDir ?? defaultStateDir(), workspaceId);
  const redactor = new Redactor();
  redactor.add(resolved.token);
  const keepSecrets = () => {
    redactor.addAll(resolved.backend.secrets);
  };
  keepSecrets();
  const log = redacting(resolved.log ?? silentLogger, redactor);

  await using held = new AsyncDisposableStack();
  held.use(await takeLock(paths, workspaceId));
  reached("lock taken");
  const emit = safeEmitter(resolved.onEvent, redactor, log);
  const minted = await loadMintedToken(
    paths,
    resolved.token,
    (error, movedTo) => {
      log.error(error.message, { movedTo, hint: error.hint });
      emit({ type: "state_damaged", movedTo, reason: error.message });
    },
  );
  const token = minted ?? resolved.token;
  redactor.add(token);
  const gate = new Gate(timing);
  const orderly = new OrderlySender(sender ?? new HttpSender(), gate);
  const client = held.use(
    new PlatformClient({
      apiUrl: resolved.apiUrl,
      workspaceId,
      token,
      origin: resolved.origin,
      timeoutMs: resolved.requestTimeoutMs,
      redact: (text) => redactor.redact(text),
      onInboundSecret: (secret) => redactor.addRenewed(secret),
      ...(resolved.orgId === undefined ? {} : { orgId: resolved.orgId }),
    }, orderly),
  );
  const giveUp = new AbortController();
  const stateOptions: OpenStateOptions = {
    paths,
    workspaceId,
    client,
    sinceSecs: resolved.sinceSecs,
    log,
    giveUp: giveUp.signal,
    onCursor: (cursor) => emit({ type: "cursor", cursor }),
  };
  await makeWorkDir(paths);
  await tryStateDisk(paths);
  const journal = await openState(stateOptions, emit);
  const sessions = await openSessions(paths, journal, log);
  // Saved with the first attempt, so before any turn.
  if (resolved.session === "new") journal.epochs.beginAll(Date.now());
  // Before the registration, which may take its time: until then an orphan goes on.
  await endOrphans({ journal, timing, log, signal });
  const modes = new PeerModes(client);
  const configuration = new Configuration({
    ...{ backend: resolved.backend, client, timing, log },
    card: agentCard(resolved),
    isChosen: resolved.agentCard !== undefined,
    redact: (text) => redactor.redact(text),
    home: homeDirectory(),
  });
  const registrar = new Registrar({
    workspaceId,
    client,
    card: () => configuration.card(),
    givenToken: resolved.token,
    paths,
    redactor,
    log,
    onLookUp: (found) => {
      modes.note(found);
      configuration.found(found);
    },
  });
  await configuration.checkAtStart(signal);
  redactor.addAll(resolved.backend.secrets);
  keepSecrets(); // a module has told its own by now
  const tokenMinted = await registrar.registerAtStart(signal);
  reached("registered");
  emit({ type: "registered", workspaceId, tokenMinted });
  await noteFloor(journal, stateOptions);
  const parts = {
    options: resolved,
    timing,
    paths,
    client,
    gate,
    hurry: () => orderly.hurry(),
    hasRoom: () => orderly.hasRoom,
    registrar,
    configuration,
    redactor,
    modes,
    journal,
    sessions,
    log,
    emit,
    giveUp,
  };
  return new LiveConnection({ ...parts, signal, resources: held.move() }); // it frees them when it ends
}

/** An event with secrets masked; what was written and answered stays what it is, but for the secrets known. */
function redacted(event: ConnectEvent, redactor: Redactor): ConnectEvent {
  return event.type === "message" || event.type === "answered"
    ? redactor.redactAnswer(event)
    : redactor.redactValue(event) as ConnectEvent;
}

/** An `emit` whose listener cannot disturb what it listens to. */
function safeEmitter(
  onEvent: ConnectOptions["onEvent"],
  redactor: Redactor,
  log: Logger,
): (event: ConnectEvent) => void {
  const tell = (error: unknown) =>
    log.error("onEvent threw", { error: reason(error) });
  return (event) => {
    try {
      // Typed as one that returns nothing, it may be an async function all the same.
      const given: unknown = onEvent?.(redacted(event, redactor));
      if (given instanceof Promise) given.catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}
