import { InvalidInputError } from './errors.js';
import type { CallOptions, DynamoInput, Item } from './transport.js';
import { checkedOptions, checkPositive, type OptionNames } from './input-checks.js';
import type { BackoffOptions } from './backoff.js';
import type { DeadlineOptions } from './clock.js';

/** What one attempt to take a lease may be given. */
export interface TryAcquireOptions extends CallOptions {
  /**
   * The duration of the lease in milliseconds, above 0: with a heartbeat, how long after a crash it
   * stays taken.
   *
   * @default 30000
   */
  readonly leaseMs?: number | undefined;
  /**
   * Renews the lease in the background until it is released, as `heartbeat()` of the handle does.
   *
   * @default false
   */
  readonly heartbeat?: boolean | undefined;
  /**
   * A value that others can read: what the holder says. At most 1,024 bytes of JSON; what JSON does
   * not bring back (`NaN`, a `Map`, a function …) is refused.
   */
  readonly info?: unknown;
}

/** What an acquisition that waits may be given. */
export interface AcquireOptions extends TryAcquireOptions {
  /**
   * How long to wait, in milliseconds; 0 is one attempt. It bounds the call, also while a request
   * gets no answer (the last attempt has a second for it). `Infinity` waits until it is free or
   * `signal` aborts.
   *
   * @default 10000
   */
  readonly waitMsMax?: number | undefined;
  /**
   * How the pauses between attempts grow: each is random, between 0 and a bound that begins at
   * `firstMs` and doubles up to `maxMs`. No pause lasts beyond the end of the holder's lease.
   *
   * @default { firstMs: 50, maxMs: 5000 }
   */
  readonly retry?: Partial<BackoffOptions> | undefined;
}

/** The names of `TryAcquireOptions`. */
export const tryAcquireOptionNames: OptionNames<TryAcquireOptions> = {
  signal: true,
  leaseMs: true,
  heartbeat: 'boolean',
  info: true,
};

/** The names of `AcquireOptions`. */
export const acquireOptionNames: OptionNames<AcquireOptions> = {
  signal: true,
  leaseMs: true,
  heartbeat: 'boolean',
  info: true,
  waitMsMax: true,
  retry: true,
};

/** What a renewal may be given. */
export interface RenewOptions extends CallOptions {
  /** The duration from now on, in milliseconds. @default that of the last acquisition or renewal */
  readonly leaseMs?: number | undefined;
  /** Replaces what the holder says. At most 1,024 bytes of JSON. @default as before */
  readonly info?: unknown;
}

/** What a release may be given. */
export interface ReleaseOptions extends CallOptions {
  /** Leaves `info` to the next holder, as `previous.info`. @default false */
  readonly keepInfo?: boolean | undefined;
}

/**
 * What a release found. `'released'`: it was ours until now, and it is free. `'superseded'`: it was
 * not ours any more, and was left as it is. `'unknown'`: no answer came within 1.5 seconds. The
 * request goes on in the background; at the latest it is free when its lease ends.
 */
export type ReleaseOutcome = 'released' | 'superseded' | 'unknown';

/** The names of `RenewOptions`. */
export const renewOptionNames: OptionNames<RenewOptions> = {
  signal: true,
  leaseMs: true,
  info: true,
};

/** The names of `ReleaseOptions`. */
export const releaseOptionNames: OptionNames<ReleaseOptions> = {
  signal: true,
  keepInfo: 'boolean',
};

/** Who held it before. */
export interface PreviousHolder {
  /** What it said: while it held it, or with `release({ keepInfo: true })`. */
  readonly info: unknown;
  /** Its `holder`; `undefined` for a client of another library. */
  readonly holder: string | undefined;
  /** How it ended. */
  readonly ended: 'released' | 'expired' | 'forced';
}

/** A lease that is asked for. */
export interface LeaseRequest {
  readonly key: string;
  readonly leaseMs: number;
  /** A copy of what the caller passed. */
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
  /** Whether it is renewed in the background. */
  readonly heartbeat: boolean;
}

/** What is known about whoever was in the way. */
export interface LockTimeoutDetails {
  readonly holder: string | undefined;
  readonly expiresAtMs: number;
}

/** What came of an attempt to take a lease. */
export type AttemptOutcome<L> =
  | { readonly outcome: 'held'; readonly lock: L }
  /** Others hold it. `'returned'`: it was taken and given back, so that its id is used up. */
  | {
      readonly outcome: 'contended' | 'returned';
      readonly status: LockTimeoutDetails | undefined;
      /** The row that was in the way. */
      readonly item?: Item | undefined;
    };

/** Tries once, under this operation id. */
export type TakeAttempt<L> = (id: string, bounds: DeadlineOptions) => Promise<AttemptOutcome<L>>;

/** What an acquisition writes, each time that its request is built. */
export interface LeaseWrite {
  readonly endMs: number;
  readonly nowMs: number;
  /**
   * Where the fence of a key without a row starts: microseconds since 1970. It passes every fence of a
   * row that was deleted, unless that was taken a million times a second. The microseconds are random,
   * so that two rows that follow each other within one millisecond do not start alike.
   */
  readonly seed: number;
}

/** The row of a lease, as one operation id sees it: what is sent, and what it says. */
export interface LeaseRow<Replaced = never> {
  /** Whether the next holder reads what this one left: else a release has no `keepInfo`. */
  readonly hasPrevious: boolean;
  /** Whether the lease is this call's. */
  readonly isMine: (item: Item) => boolean;
  /** Whether this call has released it. */
  readonly isReleased: (item: Item) => boolean;
  /** Takes back what the call may have taken, and puts back what it had replaced. */
  readonly abandon: (replaced: readonly Replaced[]) => DynamoInput<'UpdateItem'>;
  /** Writes the end, and `info` where that is given. */
  readonly renew: (endMs: number, info?: unknown) => DynamoInput<'UpdateItem'>;
  /** Releases it, after it was held for that long, and leaves `info` where that is given. */
  readonly release: (info: unknown, heldMs: number) => DynamoInput<'UpdateItem'>;
}

const retryNames: OptionNames<Partial<BackoffOptions>> = { firstMs: true, maxMs: true };

/** A year. More is a date that was passed as a duration. */
export const leaseMsMax: number = 366 * 86_400_000;

/** The duration of a lease where none is given. */
export const leaseMsDefault = 30_000;

/** The duration of a lease that is given in seconds, as the original has it. */
export function leaseMsOf(timeoutSeconds: number): number {
  checkPositive('timeoutSeconds', timeoutSeconds);
  if (timeoutSeconds * 1000 > leaseMsMax) {
    const allowed = `a duration of at most ${leaseMsMax / 1000} seconds`;
    throw new InvalidInputError('timeoutSeconds', timeoutSeconds, allowed);
  }
  return timeoutSeconds * 1000;
}

/** How a call waits, with what was left out. */
export interface Waiting {
  readonly waitMsMax: number;
  readonly retry: BackoffOptions;
}

/** A call that waits for a lease, if it does. */
export interface Wait<W> extends Pick<LeaseRequest, 'key' | 'signal'> {
  readonly waiting: W;
  /** Called before each pause. */
  readonly onWait: () => void;
}

/** Checks how a call waits. */
export function waitingOf({ waitMsMax = 10_000, retry: given }: AcquireOptions): Waiting {
  if (typeof waitMsMax !== 'number' || !(waitMsMax >= 0)) {
    throw new InvalidInputError('waitMsMax', waitMsMax, 'a number of milliseconds, 0 or more');
  }
  const retry = checkedOptions(given, retryNames, 'retry');
  const { firstMs = Math.min(50, retry.maxMs ?? 50), maxMs = Math.max(5_000, firstMs) } = retry;
  checkPositive('retry.firstMs', firstMs);
  checkPositive('retry.maxMs', maxMs);
  if (maxMs < firstMs) {
    throw new InvalidInputError('retry.maxMs', maxMs, `at least retry.firstMs, ${firstMs}`);
  }
  return { waitMsMax, retry: { firstMs, maxMs } };
}

/** The payload of a row, for people and for the next holder: no decision rests on it. */
interface LeaseMeta {
  readonly holder: string | undefined;
  readonly [name: string]: unknown;
}

/** Reads a payload. One that somebody edited by hand must hide neither who holds it nor that it is held. */
export function metaIn(text = 'null'): LeaseMeta {
  let found: { readonly holder?: unknown } = {};
  try {
    found = Object(JSON.parse(text)) as typeof found;
  } catch {
    // What the parser says shows a part of the text.
  }
  return { ...found, holder: typeof found.holder === 'string' ? found.holder : undefined };
}
