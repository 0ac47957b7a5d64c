import { N, S, numberOf } from './attributes.js';
import { isCrowded, leasePauseMs, tellsOthers } from './backoff.js';
import { attemptMsMax, deadline, type DeadlineOptions } from './clock.js';
import type { Connection } from './connection.js';
import { DynamoPrimitiveError } from './primitive-errors.js';
import type {
  AttemptOutcome,
  LockTimeoutDetails,
  TakeAttempt,
  Wait,
  Waiting,
  LeaseTable,
} from './lease-table.js';
import { writeConditionally } from './send.js';

/** A lock did not become free in time. Nothing is held. */
export class LockTimeoutError extends DynamoPrimitiveError {
  static override readonly code = 'LockTimeout';

  /** The key of the lock. */
  readonly key: string;
  /** For how long it was waited for. */
  readonly waitedMs: number;
  /** Who held it at the last attempt, if the row said so. */
  readonly holder: string | undefined;
  /** When that holder's lease ends, unless it is renewed, in epoch milliseconds. */
  readonly expiresAtMs: number | undefined;

  constructor(
    key: string,
    waitedMs: number,
    status: LockTimeoutDetails | undefined,
    options?: ErrorOptions,
  ) {
    const why = options === undefined ? describe(status) : 'no answer came';
    const message = `Cannot acquire "${key}" within ${Math.round(waitedMs)} ms: ${why}`;
    super(message, options);
    this.key = key;
    this.waitedMs = waitedMs;
    this.holder = status?.holder;
    this.expiresAtMs = status?.expiresAtMs;
  }
}

/** The largest moment that a `Date` can have. */
const dateMsMax = 8_640_000_000_000_000;

function describe(status: LockTimeoutDetails | undefined): string {
  if (status === undefined) return 'its lease ended before the answer came';
  const holder = status.holder === undefined ? 'an unnamed client' : `"${status.holder}"`;
  const end = new Date(Math.min(status.expiresAtMs, dateMsMax)).toISOString();
  return `held by ${holder} until ${end}`;
}

/** A call that goes on to wait. */
interface Waiter extends Wait<Waiting> {
  /** The operation id of its first attempt, and when that began. */
  readonly id: string;
  readonly startedMs: number;
}

/**
 * Goes on after the `first` attempt until it is taken, at most `waitMsMax` milliseconds. It sleeps with
 * full jitter, and never beyond the end of the holder's lease, or 4 seconds more where many wait: one of
 * them comes in time by chance. The last attempt is made when the time is up. One in 64 of those who wait
 * says so in the row, once for each fence.
 */
export async function waitForLease<L>(
  table: LeaseTable,
  { key, signal, waiting, onWait, startedMs, ...waiter }: Waiter,
  first: Promise<AttemptOutcome<L>>,
  attempt: TakeAttempt<L>,
): Promise<L> {
  const { clock, random, skewToleranceMs } = table;
  const { waitMsMax } = waiting;
  const leftMs = (): number => waitMsMax - (clock.monotonic() - startedMs);
  // One id for all attempts: a late copy of the first is recognised by the next.
  let { id } = waiter;
  let seen: number | undefined;
  for (let attempts = 0; ; attempts++) {
    const bounds = { clock, ms: attemptMsMax(leftMs()), signal };
    let tried: AttemptOutcome<L>;
    try {
      tried = await (attempts === 0 ? first : attempt(id, bounds));
      if (tried.outcome === 'held') return tried.lock;
      const fence = numberOf(tried.item, 'fence');
      if (fence !== undefined && fence !== seen && !isCrowded(tried.item)) {
        seen = fence;
        await joinSometimes(key, id, fence, table, bounds);
      }
    } catch (cause) {
      const isOurs = cause instanceof DOMException && signal?.aborted !== true;
      if (!isOurs || leftMs() > 0) throw cause;
      throw new LockTimeoutError(key, waitMsMax - leftMs(), undefined, { cause });
    }
    if (tried.outcome === 'returned') id = random.id();
    const { status, item } = tried;
    if (leftMs() <= 0) throw new LockTimeoutError(key, waitMsMax - leftMs(), status);
    const freeMs = status === undefined ? -1 : status.expiresAtMs + skewToleranceMs - clock.now();
    const waitedFor = { freeMs, isCrowded: isCrowded(item) };
    const pauseMs = leasePauseMs(attempts, waiting.retry, random, waitedFor);
    onWait();
    await clock.sleep(Math.min(pauseMs, leftMs()), { signal });
  }
}

/** Says in the row at times that one more waits, until two have. The next acquisition removes it. */
async function joinSometimes(
  key: string,
  id: string,
  fence: number,
  { transport, tableName, random }: Connection,
  bounds: DeadlineOptions,
): Promise<void> {
  if (!tellsOthers(random)) return;
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
