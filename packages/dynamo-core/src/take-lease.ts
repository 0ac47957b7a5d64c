import { N, S } from './attributes.js';
import { leasePauseMs, tellsOthers } from './backoff.js';
import { deadline, settledWithin } from './clock.js';
import type { Connection } from './connection.js';
import { beginning, tell, type Beginning } from './diagnostics-channels.js';
import {
  requestMsMax,
  type HeldLock,
  ended,
  type LeaseAttempt,
  type AttemptBounds,
  type TakingOptions,
  type Taken,
} from './held-lock.js';
import { LockTimeoutError } from './lease-errors.js';
import type { Waiting } from './lease-options.js';
import { writeConditionally } from './send.js';

/** How long the last attempt may take when the time for waiting is up. */
const lastAnswerMs = 1_000;

/**
 * Tries until it is taken, at most `waitMsMax` milliseconds. It sleeps with full jitter, and
 * never beyond the end of the holder's lease, or 4 seconds more where many wait: one of them comes in
 * time by chance. The last attempt is made when the time is up. One in 64 of those who wait says so in
 * the row, once for each fence.
 *
 * @param attempt tries once, under this operation id
 */
export async function waitForLease(
  key: string,
  connection: Connection,
  waiting: Waiting,
  options: TakingOptions & { readonly toleranceMs: number },
  attempt: (id: string, bounds: AttemptBounds) => Promise<LeaseAttempt>,
): Promise<HeldLock> {
  const { clock } = connection;
  const { signal, toleranceMs, channels } = options;
  const begun = channels.acquire.hasSubscribers ? beginning(clock) : undefined;
  let waited: Beginning | undefined;
  const wait = {
    ...waiting,
    toleranceMs,
    onWait: () => {
      if (channels.wait.hasSubscribers) waited ??= beginning(clock);
    },
  };
  const take = (): Promise<HeldLock> => untilTaken(key, connection, wait, signal, attempt);
  return await ended(take, signal, (outcome: Taken) => {
    tell(channels.acquire, begun, key, outcome);
    if (outcome !== 'contended') tell(channels.wait, waited, key, outcome);
  });
}

interface Wait extends Waiting {
  readonly toleranceMs: number;
  /** Gets each pause before it begins. */
  readonly onWait: () => void;
}

async function untilTaken(
  key: string,
  connection: Connection,
  { waitMsMax, retry, toleranceMs, onWait }: Wait,
  signal: AbortSignal | undefined,
  attempt: (id: string, bounds: AttemptBounds) => Promise<LeaseAttempt>,
): Promise<HeldLock> {
  const { clock, random } = connection;
  const startedMs = clock.monotonic();
  const leftMs = (): number => waitMsMax - (clock.monotonic() - startedMs);
  // One id for all attempts: a late copy of the first is recognised by the next.
  let id = random.id();
  let seen: number | undefined;
  for (let attempts = 0; ; attempts++) {
    const ms = Math.min(requestMsMax, Math.max(leftMs(), lastAnswerMs));
    let tried: LeaseAttempt;
    try {
      const bounds = { clock, ms, signal };
      tried = await attempt(id, bounds);
      if (tried.outcome === 'contended' && tried.fence !== seen) {
        seen = tried.fence;
        await joinSometimes(key, id, tried, connection, bounds);
      }
    } catch (cause) {
      const isOurs = cause instanceof DOMException && signal?.aborted !== true;
      if (!isOurs || leftMs() > 0) throw cause;
      throw new LockTimeoutError(key, waitMsMax - leftMs(), undefined, { cause });
    }
    if (tried.outcome === 'held') return tried.lock;
    if (tried.outcome === 'returned') id = random.id();
    const { status } = tried;
    if (leftMs() <= 0) throw new LockTimeoutError(key, waitMsMax - leftMs(), status);
    const freeMs = status === undefined ? -1 : status.expiresAtMs + toleranceMs - clock.now();
    const pauseMs = leasePauseMs(attempts, retry, random, {
      freeMs,
      isCrowded: tried.isCrowded === true,
    });
    onWait();
    await clock.sleep(Math.min(pauseMs, leftMs()), { signal });
  }
}

/** Says in the row at times that one more waits, until two have. The next acquisition removes it. */
async function joinSometimes(
  key: string,
  id: string,
  { fence, isCrowded }: Extract<LeaseAttempt, { outcome: 'contended' | 'returned' }>,
  { transport, tableName, random }: Connection,
  bounds: AttemptBounds,
): Promise<void> {
  if (fence === undefined || isCrowded === true || !tellsOthers(random)) return;
  const input = {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: 'ADD waiters :me',
    ConditionExpression:
      'fence = :fence AND (attribute_not_exists(waiters) OR size(waiters) < :two)',
    ExpressionAttributeValues: { ':me': { SS: [id] }, ':fence': N(fence), ':two': N(2) },
  };
  await deadline(bounds, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}

/** A caller waits this long for what is given back after its call failed. */
const giveBackMs = 250;

/**
 * Gives back what a failed call may have taken. Where that takes longer, it goes on in the
 * background. A failure is reported and not thrown: the caller gets the error that led here, and the
 * lease ends by itself.
 */
export async function giveBack(
  { clock, monitoring }: Connection,
  key: string,
  send: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const sending = deadline({ clock, ms: requestMsMax }, send).catch((error: unknown) => {
    const message = `Cannot free lock "${key}" after an attempt to take it: its lease runs on`;
    monitoring.logger?.warn(message, error);
  });
  await settledWithin({ clock, ms: giveBackMs }, sending);
}
