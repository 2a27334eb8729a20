/** Every long wait of the connector, in one place, so that suites which provoke faults can shorten them. */

/** All in milliseconds, but for counts. */
export interface Timing {
  /** The near base is a row older than this. */
  readonly nearAgeMs: number;
  /** How often a read is made from the near base. */
  readonly nearEveryMs: number;
  /** The far base is a row older than this. */
  readonly farAgeMs: number;
  /** How often a read is made from the far base. */
  readonly farEveryMs: number;
  /** How far before the settled row's time a window begins. */
  readonly windowSlackMs: number;
  /** First bound of a backoff. */
  readonly backoffBaseMs: number;
  /** Longest backoff. */
  readonly backoffCapMs: number;
  /** For how long a 401 or 403 of the feed is retried before the workspace is looked up. */
  readonly refusedPatienceMs: number;
  /** How often a registration is tried again after heartbeats were refused. */
  readonly reregisterEveryMs: number;
  /** How often a back end that cannot work is asked whether it can. */
  readonly recheckEveryMs: number;
  /** How often the workspace is looked up to notice that it was removed. */
  readonly lookUpEveryMs: number;
  /** How long after a notify of unknown outcome its echo is looked for. */
  readonly echoAfterMs: number;
  /** Over how long the five tries of an answer that a peer's side refuses are spread. */
  readonly refusedReplyMs: number;
  /** How long an answer may fail before it becomes a dead letter. */
  readonly replyLifeMs: number;
  /** An upload that is older when its bubble is due is made again: its links die after a day. */
  readonly uploadLifeMs: number;
  /** For how long a file that cannot be fetched is tried again before its message is handled without it. */
  readonly filePatienceMs: number;
  /** Longest time of one look at all of a message's files on the web: their hosts may be slow, and a slot waits for them. */
  readonly webFilesMs: number;
  /** How long the files of a message that is over are kept. */
  readonly fileLifeMs: number;
  /** How often it is looked for files that are to be removed. */
  readonly filesEveryMs: number;
  /** First and longest pause of a back end that reports overload without saying for how long. */
  readonly weatherMs: readonly [first: number, cap: number];
  /** From such a pause on, counted from the first failure, senders are told that their messages wait. */
  readonly weatherTellMs: number;
  /** How often it is looked for dead letters that are to be tried again. */
  readonly retriesEveryMs: number;
  /** How long a turn that was told to end may take to do so before it is abandoned. */
  readonly abandonAfterMs: number;
  /** How long a left-over process that was asked to end may take to do so before it is killed. */
  readonly leftOverPoliteMs: number;
  /** How long a left-over process that was killed may take to be gone before it is given up. */
  readonly leftOverGoneMs: number;
  /** How long the exchanges with a peer are counted before the count begins anew. */
  readonly exchangeWindowMs: number;
  /** So long what a beat says may change before a beat of its own tells it: what changes together is one beat. */
  readonly beatMergeMs: number;
  /** Beats that tell of a change are so far apart. */
  readonly beatGapMs: number;
  /** The same while the platform has little room for requests. */
  readonly tightBeatGapMs: number;
  /** Lines of progress of one turn are so far apart. */
  readonly progressEveryMs: number;
  /** A turn that runs for longer gives signs of life. */
  readonly longTurnMs: number;
  /** So far apart. */
  readonly stillWorkingEveryMs: number;
  /** How long it may take to tell a person that a message was picked up; later nobody needs to know. */
  readonly receiptLifeMs: number;
  /** How long an answer waits for that. */
  readonly receiptWaitMs: number;
  /** How long reading waits, at a start, for the answer to the first heartbeat. */
  readonly firstBeatMs: number;
  /** How often an operator is reminded of an outage. */
  readonly remindEveryMs: number;
  /** How often it is looked whether a loop got stuck, or the machine slept. */
  readonly superviseEveryMs: number;
  /** A look that comes so much too late was slept through. */
  readonly sleptMs: number;
  /** A loop that completes no step for so long is stuck. */
  readonly stuckAfterMs: number;
  /** How long the last requests of a stop may take together. */
  readonly farewellMs: number;
}

/** What holds in production. */
export const TIMING: Timing = Object.freeze({
  nearAgeMs: 5_000,
  nearEveryMs: 1_000,
  farAgeMs: 300_000,
  farEveryMs: 60_000,
  windowSlackMs: 60_000,
  backoffBaseMs: 500,
  backoffCapMs: 60_000,
  refusedPatienceMs: 60_000,
  reregisterEveryMs: 60_000,
  recheckEveryMs: 60_000,
  lookUpEveryMs: 180_000,
  echoAfterMs: 5_000,
  refusedReplyMs: 120_000,
  replyLifeMs: 24 * 3_600_000,
  uploadLifeMs: 20 * 3_600_000,
  filePatienceMs: 120_000,
  webFilesMs: 120_000,
  fileLifeMs: 24 * 3_600_000,
  filesEveryMs: 3_600_000,
  weatherMs: [60_000, 15 * 60_000] as const,
  weatherTellMs: 60_000,
  retriesEveryMs: 1_000,
  abandonAfterMs: 5_000,
  leftOverPoliteMs: 2_000,
  leftOverGoneMs: 3_000,
  exchangeWindowMs: 3_600_000,
  beatMergeMs: 50,
  beatGapMs: 500,
  tightBeatGapMs: 5_000,
  progressEveryMs: 2_000,
  longTurnMs: 5 * 60_000,
  stillWorkingEveryMs: 3 * 60_000,
  receiptLifeMs: 10_000,
  receiptWaitMs: 2_000,
  firstBeatMs: 2_000,
  remindEveryMs: 10 * 60_000,
  superviseEveryMs: 1_000,
  sleptMs: 5_000,
  stuckAfterMs: 120_000,
  farewellMs: 10_000,
});
