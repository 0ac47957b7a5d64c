import { settledWithin, type DeadlineOptions, type LeaseStart } from './clock.js';
import {
  connect,
  connectionOptionNames,
  type Connection,
  type ConnectionOptions,
} from './connection.js';
import { diagnosticsChannel, type Channel, type ChannelMessages } from './diagnostics-channels.js';
import {
  checkKeyText,
  checkedOptions,
  within,
  type OptionNames,
  checkPositive,
} from './input-checks.js';
import { resolveMappings, renamed } from './mappings.js';
import { nodeModule } from './node-module.js';
import { writeConditionally, type ConditionalOutcome } from './send.js';
import type { GivenMappings } from './table-definition.js';
import type { Item, CallOptions, DynamoInput } from './transport.js';
import { InvalidInputError } from './errors.js';
import type { BackoffOptions } from './backoff.js';

/** What a primitive is constructed with whose holders have leases. */
export interface LeaseTableOptions extends ConnectionOptions {
  /**
   * By how many milliseconds a clock may differ from DynamoDB's without more ever holding a key at once
   * than may: a lease is taken from another only this long after it has ended. From 0 to 3,600,000.
   *
   * @default 250
   */
  readonly skewToleranceMs?: number | undefined;
  /**
   * Who this client is, for those who look at the holders, and for `LockTimeoutError`. At most 256 bytes.
   *
   * @default the name of the host and the id of the process, `web-1:4711`
   */
  readonly holder?: string | undefined;
  /**
   * What the table calls its key (`key`) and the attribute of its Time to Live (`purgeAt`), where that
   * differs.
   */
  readonly mappings?: GivenMappings<'partitionKeyFieldName' | 'ttlFieldName'> | undefined;
}

const mappingsDefault = { partitionKeyFieldName: 'key', ttlFieldName: 'purgeAt' };

const holderBytesMax = 256;

/** A table of leases, and who works with it. */
export interface LeaseTable extends Connection {
  /** By how much a clock may differ from DynamoDB's. */
  readonly skewToleranceMs: number;
  /** Who this client is, in the rows that it writes. */
  readonly holder: string;
  /** Who hears of its leases. */
  readonly channels: LeaseChannels;
  /** What was taken and not released, where somebody asks for that. */
  readonly held?: Set<object>;
}

/** Checks the options and puts them together. Sends nothing. */
export function leaseTable(
  kind: 'lock' | 'semaphore',
  given: LeaseTableOptions | undefined,
  ownAttributes: readonly string[],
): LeaseTable {
  const options = checkedOptions<LeaseTableOptions>(given, {
    ...connectionOptionNames,
    skewToleranceMs: within(0, 3_600_000),
    holder: true,
    mappings: true,
  });
  const { skewToleranceMs = 250 } = options;
  const { holder = `${nodeModule('node:os').hostname()}:${process.pid}` } = options;
  checkKeyText('holder', holder, holderBytesMax);
  const mappings = resolveMappings(mappingsDefault, options.mappings, ownAttributes);
  const connection = connect(options, `${kind}s`);
  const transport = renamed(connection.transport, connection.tableName, {
    key: mappings.partitionKeyFieldName,
    purgeAt: mappings.ttlFieldName,
  });
  return { ...connection, transport, skewToleranceMs, holder, channels: leaseChannels(kind) };
}

/** What hears of leases of one kind. */
interface LeaseChannels {
  readonly acquire: Channel<ChannelMessages['x-dynamo:lock:acquire']>;
  readonly wait: Channel<ChannelMessages['x-dynamo:lock:wait']>;
  readonly lost: Channel<ChannelMessages['x-dynamo:lock:lost']>;
  readonly released: Channel<ChannelMessages['x-dynamo:lock:released']>;
}

/** The channels of locks, or of semaphores. */
function leaseChannels(kind: 'lock' | 'semaphore'): LeaseChannels {
  return {
    acquire: diagnosticsChannel(`x-dynamo:${kind}:acquire`),
    wait: diagnosticsChannel(`x-dynamo:${kind}:wait`),
    lost: diagnosticsChannel(`x-dynamo:${kind}:lost`),
    released: diagnosticsChannel(`x-dynamo:${kind}:released`),
  };
}

/** One attempt to take a lease, under the operation id of its row. */
export interface LeaseAttempt<Replaced = never> {
  readonly table: LeaseTable;
  readonly request: LeaseRequest;
  readonly bounds: DeadlineOptions;
  readonly row: LeaseRow<Replaced>;
}

/** What became of a request that takes a lease. */
export interface SentTaking<Replaced = never> {
  readonly outcome: ConditionalOutcome['outcome'];
  /** What was written, or the row that was in the way. */
  readonly item: Item | undefined;
  /** When the request was built that was answered. */
  readonly start: LeaseStart;
  readonly replaced: readonly Replaced[];
}

/** A lease that was taken, as its row says it. */
export interface TakenRow {
  readonly fence: number | undefined;
  readonly endMs: number | undefined;
  readonly previous?: PreviousHolder | undefined;
}

/** A caller waits this long for what is given back after its call failed. */
const giveBackMs = 250;

/**
 * Gives back what an attempt may have taken. Where that takes longer, it goes on in the background. A
 * failure is reported and not thrown: the caller gets the error that led here, and the lease ends by itself.
 */
export async function abandon<Replaced>(
  { table, request, row }: LeaseAttempt<Replaced>,
  replaced: readonly Replaced[],
): Promise<void> {
  const { transport, clock, monitoring } = table;
  const input = row.abandon(replaced);
  const sending = writeConditionally(transport, 'UpdateItem', input).catch((error: unknown) => {
    const message = `Cannot free "${request.key}" after an attempt to take it: its lease runs on`;
    monitoring.logger?.warn(message, error);
  });
  await settledWithin({ clock, ms: giveBackMs }, sending);
}

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
export const acquireOptionNames: OptionNames<AcquireOptions> = /* @__PURE__ */ Object.assign(
  { waitMsMax: true, retry: true } as const,
  tryAcquireOptionNames,
);

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
  const retry = checkedOptions(given, { firstMs: true, maxMs: true }, 'retry');
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
