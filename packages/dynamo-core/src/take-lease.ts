import { deadline, settledWithin } from './abortable.js';
import { fullJitterMs } from './backoff.js';
import type { Clock } from './clock.js';
import type { Connection } from './connection.js';
import { beginning, tell, type Beginning } from './diagnostics-channels.js';
import { requestMsMax, type HeldLock } from './held-lock.js';
import type { LeaseChannels } from './lease-channels.js';
import { LockTimeoutError, type LockTimeoutDetails } from './lease-errors.js';
import type { Waiting } from './lease-options.js';

/** What came of an attempt to take a lease. */
export type LeaseAttempt =
  | { readonly outcome: 'held'; readonly lock: HeldLock }
  /** Others hold it. `'returned'`: it was taken and given back, so that its id is used up. */
  | {
      readonly outcome: 'contended' | 'returned';
      readonly status: LockTimeoutDetails | undefined;
    };

/** How an attempt is bounded. */
export interface AttemptBounds {
  readonly clock: Clock;
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
}

/** The bounds of one attempt that nobody waits for longer. */
export function attemptBounds(clock: Clock, signal: AbortSignal | undefined): AttemptBounds {
  return { clock, ms: requestMsMax, signal };
}

/** How a call is bounded that wants a lease, and who hears of it. */
export interface TakingOptions {
  readonly signal: AbortSignal | undefined;
  readonly channels: LeaseChannels;
}

/** Tries once, under an operation id of its own. `undefined` while others hold it. */
export async function tryLease(
  key: string,
  { clock, random }: Connection,
  { signal, channels }: TakingOptions,
  attempt: (id: string, bounds: AttemptBounds) => Promise<LeaseAttempt>,
): Promise<HeldLock | undefined> {
  const begun = beginning(clock, channels.acquire);
  const take = async (): Promise<HeldLock | undefined> => {
    const tried = await attempt(random.id(), attemptBounds(clock, signal));
    return tried.outcome === 'held' ? tried.lock : undefined;
  };
  return await ended(take, signal, (outcome) => tell(channels.acquire, begun, key, outcome));
}

/** How long the last attempt may take when the time for waiting is up. */
const lastAnswerMs = 1_000;

/**
 * Tries until it is taken, at most `waitMsMax` milliseconds. It sleeps with full jitter, and
 * never beyond the end of the holder's lease; the last attempt is made when the time is up.
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
  const begun = beginning(clock, channels.acquire);
  let waited: Beginning | undefined;
  const wait = {
    ...waiting,
    toleranceMs,
    onWait: () => (waited ??= beginning(clock, channels.wait)),
  };
  const take = (): Promise<HeldLock> => untilTaken(key, connection, wait, signal, attempt);
  return await ended(take, signal, (outcome: Taken) => {
    tell(channels.acquire, begun, key, outcome);
    if (outcome !== 'contended') tell(channels.wait, waited, key, outcome);
  });
}

type Taken = Parameters<LeaseChannels['acquire']['publish']>[0]['outcome'];

/** Says how the call ended. */
async function ended<T extends HeldLock | undefined>(
  take: () => Promise<T>,
  signal: AbortSignal | undefined,
  end: (outcome: Taken) => void,
): Promise<T> {
  try {
    const lock = await take();
    end(lock === undefined ? 'contended' : 'acquired');
    return lock;
  } catch (error) {
    const isTimeout = error instanceof LockTimeoutError;
    end(isTimeout ? 'timeout' : signal?.aborted === true ? 'aborted' : 'failed');
    throw error;
  }
}

interface Wait extends Waiting {
  readonly toleranceMs: number;
  /** Gets each pause before it begins. */
  readonly onWait: () => void;
}

async function untilTaken(
  key: string,
  { clock, random }: Connection,
  { waitMsMax, retry, toleranceMs, onWait }: Wait,
  signal: AbortSignal | undefined,
  attempt: (id: string, bounds: AttemptBounds) => Promise<LeaseAttempt>,
): Promise<HeldLock> {
  const startedMs = clock.monotonic();
  const leftMs = (): number => waitMsMax - (clock.monotonic() - startedMs);
  // One id for all attempts: a late copy of the first is recognised by the next.
  let id = random.id();
  for (let attempts = 0; ; attempts++) {
    const ms = Math.min(requestMsMax, Math.max(leftMs(), lastAnswerMs));
    let tried: LeaseAttempt;
    try {
      tried = await attempt(id, { clock, ms, signal });
    } catch (cause) {
      const isOurs = cause instanceof DOMException && signal?.aborted !== true;
      if (!isOurs || leftMs() > 0) throw cause;
      throw new LockTimeoutError(key, waitMsMax - leftMs(), undefined, { cause });
    }
    if (tried.outcome === 'held') return tried.lock;
    if (tried.outcome === 'returned') id = random.id();
    const { status } = tried;
    if (leftMs() <= 0) throw new LockTimeoutError(key, waitMsMax - leftMs(), status);
    const freeMs = status === undefined ? 0 : status.expiresAtMs + toleranceMs - clock.now();
    const pauseMs = Math.min(
      fullJitterMs(attempts, retry, random),
      // Where it should have been free, an attempt would have found that.
      freeMs > 0 ? freeMs : Infinity,
      leftMs(),
    );
    onWait();
    await clock.sleep(pauseMs, { signal });
  }
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
