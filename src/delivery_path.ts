/** Wires the way of a message: feed → intake → dispatcher → handler → outbox. What each does stands in its own file. */
import { resolve } from "@std/path";
import type { ConnectEvent } from "./connection.ts";
import type { Delivery } from "./delivery/delivery.ts";
import { Dispatcher } from "./delivery/dispatcher.ts";
import { ChannelRoute } from "./delivery/channel_route.ts";
import { Bubbles } from "./delivery/bubbles.ts";
import { AskRules } from "./delivery/ask_rules.ts";
import { Exchanges } from "./delivery/exchanges.ts";
import { Handler } from "./delivery/handler.ts";
import { Intake } from "./delivery/intake.ts";
import { DeadLetters } from "./delivery/dead_letters.ts";
import type { Journal } from "./state/journal.ts";
import { Recovered } from "./delivery/recovered.ts";
import { Outbox } from "./delivery/outbox.ts";
import { PeerRoute } from "./delivery/peer_route.ts";
import { PersonRoute } from "./delivery/person_route.ts";
import { UploadRoute } from "./delivery/upload_route.ts";
import { Posting } from "./delivery/posting.ts";
import { Retries } from "./delivery/retries.ts";
import { Saving } from "./delivery/saving.ts";
import { Stops } from "./delivery/stops.ts";
import { Sessions } from "./delivery/sessions.ts";
import { PeerRate } from "./delivery/peer_rate.ts";
import { WaitNotices } from "./delivery/wait_notices.ts";
import { Weather } from "./delivery/weather.ts";
import { PeerWaits } from "./delivery/peer_waits.ts";
import type { PeerModes } from "./delivery/peer_modes.ts";
import { ChildRecords } from "./state/child_records.ts";
import { Acks } from "./files/acks.ts";
import { FileHosts } from "./files/file_hosts.ts";
import { InboundFiles } from "./files/inbound_files.ts";
import { TurnFiles } from "./files/turn_files.ts";
import { WebFiles } from "./files/web_file.ts";
import { Feed } from "./feed/feed.ts";
import type { Logger } from "./log.ts";
import type { resolveOptions } from "./options.ts";
import type { PlatformClient } from "./platform/client.ts";
import type { Gate } from "./platform/gate.ts";
import type { BeatTimes } from "./presence/beat_times.ts";
import type { Configuration } from "./presence/configuration.ts";
import type { Presence } from "./presence/presence.ts";
import { Receipts } from "./presence/receipts.ts";
import type { Redactor } from "./redact.ts";
import type { StatePaths } from "./state/paths.ts";
import type { SessionFiles } from "./state/session_files.ts";
import { shortId } from "./short_id.ts";
import type { Timing } from "./timing.ts";

/** What the path needs from outside. */
export interface DeliveryPathOptions {
  readonly options: ReturnType<typeof resolveOptions>;
  readonly timing: Timing;
  readonly paths: StatePaths;
  readonly client: PlatformClient;
  readonly modes: PeerModes;
  readonly journal: Journal;
  readonly sessions: SessionFiles;
  /** Masks the secrets of the connection. */
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly presence: Presence;
  /** When beats go out, and what they said. */
  readonly times: BeatTimes;
  /** Whether the platform has room for requests that could be left out. */
  readonly hasRoom: () => boolean;
  /** Whether the back end can be used. */
  readonly configuration: Configuration;
  readonly emit: (event: ConnectEvent) => void;
  /** What requests wait at while the platform does not answer. */
  readonly gate: Gate;
  /** A step of a read is done. */
  readonly onReadStep: () => void;
  /** Whether the feed reads well. */
  readonly feedIsGood: () => boolean;
  /** Told what is a bug, or a disk that failed to the end. */
  readonly onFatal: (error: unknown) => void;
  /** What a stop ends, in this order. */
  readonly stop: {
    /** Reading, and what people are only told of it. */
    readonly reading: AbortSignal;
    /** Running turns, with a `TurnCut`. */
    readonly turns: AbortSignal;
    /** The outbox's waits. */
    readonly outbox: AbortSignal;
    /** Requests that still run. */
    readonly requests: AbortSignal;
  };
}

/** The way of a message. */
export interface DeliveryPath {
  readonly feed: Feed;
  readonly dispatcher: Dispatcher;
  /** What was finished and is being saved. */
  readonly saving: Saving;
  readonly outbox: Outbox;
  readonly retries: Retries;
  readonly children: ChildRecords;
  readonly files: TurnFiles;
  readonly acks: Acks;
  readonly receipts: Receipts;
  /** Turns that the process before this one left. */
  readonly recovered: Recovered;
}

/** More answers than this wait for the platform, and no turn begins: each would only make one more. */
const MAX_WAITING_ANSWERS = 100;

/** How many answers wait for the platform itself. Those that wait for a peer's own answers hold back nobody else. */
function waitForPlatform(journal: Journal, waits: PeerWaits): number {
  return journal.outbox.values().filter((entry) => waits.isForPlatform(entry))
    .reduce((count) => count + 1, 0);
}

/** Whether an answer to a person waits to be handed over. */
function hasAnswerToPerson(journal: Journal): boolean {
  return journal.outbox.values().some(({ origin }) => origin === "canvas");
}

/** Whether a file was uploaded for an answer that waits; later it makes no difference: no upload is work. */
function isOwnUpload(journal: Journal, fileId: string): boolean {
  return [...journal.outbox.values()].some(({ uploaded }) =>
    uploaded?.files.some(({ uri }) => uri.endsWith(`/${fileId}`))
  );
}

/** Wires it; nothing runs yet. */
export function deliveryPath(given: DeliveryPathOptions): DeliveryPath {
  const {
    options,
    timing,
    paths,
    client,
    modes,
    journal,
    log,
    presence,
    configuration,
    emit,
    feedIsGood,
    onFatal,
    stop,
  } = given;
  const {
    workspaceId,
    backend,
    maxAttempts,
    backendTimeoutMs,
    concurrency,
    resetCommand,
  } = options;
  const platformNow = () => client.platformNow();

  // The parts know each other in a circle; `feed` stands at the end of it, and nothing runs before it is there.
  /** The row is done: the cursor may pass it. Counts with the next commit. */
  const finish = (
    row: Pick<Delivery, "id" | "timeMs" | "key" | "retry">,
  ) => {
    journal.attempts.delete(row.id);
    journal.told.delete(row.id);
    // Its row was finished when it was given up.
    if (row.retry !== undefined) return retries.finished(row.retry.letter);
    journal.handled.add([row.id, row.timeMs, row.key]);
    journal.cursor.finish(row.id);
    feed.settle();
  };
  const bubbles = new Bubbles({
    readFrom: (...args) => feed.readFrom(...args),
    apartMs: timing.echoAfterMs,
    before: journal.shown(),
  });
  journal.shown = () => bubbles.recent;
  const recovered = new Recovered(journal);
  const receipts = new Receipts({
    ...{ client, timing, log, times: given.times, hasRoom: given.hasRoom },
    stop: stop.reading,
    onSettled: () => presence.changed(),
  });
  const deadLetters = new DeadLetters({ workspaceId, paths, log });
  const waits = new PeerWaits(modes);
  const posting = new Posting({
    workspaceId,
    journal,
    deadLetters,
    modes,
    timing,
    log,
    emit,
    platformNow,
    platformNowAtLeast: () => client.platformNowAtLeast(),
    feedIsGood,
    routes: {
      a2a: new PeerRoute(client, modes, waits, feedIsGood),
      upload: new UploadRoute(client),
      notify: new PersonRoute(client, bubbles, receipts, timing.echoAfterMs),
      channel: new ChannelRoute(client, waits, feedIsGood),
    },
    cut: stop.requests,
    onRemoved: () => {
      dispatcher.poke();
      presence.changed();
    },
    asking: AbortSignal.any([stop.outbox, stop.requests]),
  });
  const outbox = new Outbox({
    waits,
    modes,
    journal,
    posting,
    log,
    onFatal,
    rest: (ms) => given.gate.rest(ms, stop.outbox),
    stop: stop.outbox,
    cut: stop.requests,
  });
  const exchanges = new Exchanges({
    most: options.maxExchanges,
    windowMs: timing.exchangeWindowMs,
    now: platformNow,
    before: journal.exchanges(),
  });
  journal.exchanges = () => exchanges.snapshot();
  const { allowPeers, allowOrigins } = options;
  const rules = new AskRules({ allowPeers, allowOrigins, exchanges, log });
  const children = new ChildRecords(journal, onFatal);
  const weather = new Weather(timing, concurrency);
  const saving = new Saving(journal, onFatal);
  const replySaved = () => outbox.kick();
  const notices = new WaitNotices({
    ...{ workspaceId, journal, log, weather, saving, replySaved },
    ...{ exchanges, redactor: given.redactor },
  });
  const acks = new Acks({
    ...{ client: client.files, timing, log, onFatal },
    ...{ stop: stop.outbox, cut: stop.requests },
  });
  const web = new WebFiles({
    hosts: new FileHosts(options.allowFileHosts),
    timeoutMs: options.requestTimeoutMs,
    messageMs: timing.webFilesMs,
  });
  const files = new TurnFiles({
    ...{ workspaceId, acks, timing, log, feedIsGood },
    root: resolve(paths.files), // back ends work elsewhere
    accepts: () => backend.accepts?.files ?? false,
    inbound: new InboundFiles({ client: client.files, web, log }),
    untilWritten: (write) => journal.untilWritten(write),
    unfinished: () => journal.attempts.keys(),
  });
  const sessions = new Sessions({
    ...{ workspaceId, journal, backend: backend.name },
    files: given.sessions,
  });
  const handler = new Handler({
    files,
    ...{
      children,
      workspaceId,
      backend,
      journal,
      deadLetters,
      paths,
      presence,
      configuration,
      maxAttempts,
      backendTimeoutMs,
      timing,
      redactor: given.redactor,
      exchanges,
      log,
      emit,
      finish,
      resetCommand,
    },
    sessions,
    ...{ weather, saving, cut: stop.turns, replySaved },
  });
  const isHeldBack = () =>
    waitForPlatform(journal, waits) > MAX_WAITING_ANSWERS;
  const dispatcher = new Dispatcher({
    concurrency,
    now: () => performance.now(),
    onFatal,
    isHeldBack,
    rate: new PeerRate(
      options.peerRate,
      (peer) =>
        log.info("Messages of a peer wait for its rate (--peer-rate)", {
          peer: shortId(peer),
          aMinute: options.peerRate,
        }),
    ),
    run: (delivery, run) => handler.handle(delivery, run),
    onChange: () => presence.changed(),
    onPaused: (waiting) => notices.tell(waiting),
  });
  presence.watch({
    open: () => dispatcher.open,
    recovered: () => recovered.words((id) => dispatcher.has(id)),
    owesPerson: () => receipts.isPending || hasAnswerToPerson(journal),
    isHeldBack,
  });
  presence.watchConfiguration(() => configuration.error);
  configuration.onChange(() => presence.changed());
  const own = {
    workspaceId,
    isOwnUpload: (fileId: string) => isOwnUpload(journal, fileId),
  };
  const stops = new Stops({
    ...{ workspaceId, journal, dispatcher, sessions, presence, saving },
    ...{ redactor: given.redactor, exchanges, log, emit, finish, replySaved },
    over: (delivery) => files.over(delivery),
  });
  const intake = new Intake({
    ...{
      stops,
      journal,
      dispatcher,
      rules,
      deadLetters,
      platformNow,
      log,
      emit,
      finish,
      windowSlackMs: timing.windowSlackMs,
    },
    own,
    onPickedUp: (row) => {
      if (options.receipts) receipts.pickedUp(row);
    },
    onAskedForLife: () => presence.isAskedForLife(),
    answers: { workspaceId, journal, redactor: given.redactor, exchanges, log },
    ...{ saving, replySaved },
  });
  const retries = new Retries({
    ...{ own, journal, deadLetters, paths, log, emit },
    everyMs: timing.retriesEveryMs,
    isFull: () => intake.full,
    dispatch: (delivery) => dispatcher.add(delivery),
    replySaved,
  });
  const onCursorLost = () => {
    log.warn(
      "The platform no longer knows the cursor; what came since is read as a window of time",
    );
    emit({ type: "cursor_reset" });
  };
  const feed = new Feed({
    ...{ client, journal, intake, timing, onCursorLost },
    onStep: given.onReadStep,
  });
  return {
    ...{ feed, dispatcher, saving, outbox, retries, children },
    ...{ files, acks, receipts, recovered },
  };
}
